import Foundation
import Recording
import Testing
import Units

@testable import Reports

@Suite("The run summary matches the record")
struct RunSummaryTests {
  private func json(_ record: RunRecord) throws -> [String: Any] {
    let read = try JSONSerialization.jsonObject(with: Data(RunSummary.json(record).utf8))
    return try #require(read as? [String: Any])
  }

  @Test("INV-13: in JSON, the phases and the idle causes of each rank sum to the step time")
  func sums() throws {
    let read = try json(sampleRecord())
    let ranks = try #require(read["ranks"] as? [[String: Any]])
    let mean = try #require(read["mean"] as? [String: Any])

    #expect(ranks.count == 3)
    for row in ranks + [mean] {
      let phases = [
        "forward_alone_s", "overlapped_pair_s", "backward_alone_s", "weight_alone_s",
        "optimizer_s",
      ].compactMap { row[$0] as? Double }
      let idle = try #require(row["idle_s"] as? [String: Double])
      #expect(phases.count == 5)
      #expect(Set(idle.keys) == ["schedule", "stage_imbalance", "pipeline_transfer"])
      // Eight terms near 0.1: rounding stays far below 1e-12.
      let sum = (phases + idle.values.sorted()).reduce(0.0, +)
      #expect(abs(sum - 0.1) < 1e-12)
    }
  }

  @Test("memory of a single rank has no range")
  func memoryOfOneRank() {
    var record = sampleRecord()
    record.memory = [MemoryUse(rank: 0, kind: .weights, bytes: Bytes(3 << 30))]

    let text = RunSummary.text(record, format: .table)

    #expect(text.contains("Peak memory\n"))
    #expect(!text.contains("least rank"))
  }

  @Test("in JSON, metrics keep full precision and whole counts are integers")
  func metrics() throws {
    let read = try json(sampleRecord())
    let metrics = try #require(read["metrics"] as? [String: Any])

    #expect(metrics.count == sampleRecord().metrics.count)
    #expect(metrics["mfu_causal"] as? Double == 0.3812345)
    #expect(metrics["gpu_hours_per_trillion_tokens"] as? Double == 180_123.456)
    #expect(RunSummary.json(sampleRecord()).contains("\"gpu_count\": 2048,"))
  }

  @Test("in JSON, a seed that no double can represent is preserved")
  func seed() throws {
    var record = sampleRecord()
    record.provenance.seed = .max

    let provenance = try json(record)["provenance"] as? [String: Any]

    #expect(provenance?["seed"] as? String == "18446744073709551615")
  }

  @Test("CSV has one row per metric, in full precision")
  func csv() {
    let lines = RunSummary.csv(sampleRecord()).split(separator: "\r\n")

    #expect(lines.count == sampleRecord().metrics.count + 1)
    #expect(lines.contains("mfu_causal,0.3812345,1"))
    #expect(lines.contains("gpu_count,2048,GPU"))
  }

  @Test("each ratio is printed with its definition")
  func definitions() {
    let words = RunSummary.text(sampleRecord()).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")

    for kind in [MetricKind.mfuCausal, .mfuNonCausal, .bubbleRatio, .exposedCommunicationRatio] {
      // The definition may be wrapped; its first words are on the line of the value.
      let first = kind.definition.split(separator: " ").prefix(4).joined(separator: " ")
      #expect(words.contains(first), "\(kind)")
    }
  }

  @Test("the text keeps its width, has no trailing spaces, and is the same each time")
  func layout() {
    let text = RunSummary.text(sampleRecord())
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)

    #expect(lines.allSatisfy { $0.count <= RunSummary.width && $0.last != " " })
    #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
    #expect(text == RunSummary.text(sampleRecord()))
  }

  @Test("the simulated step is printed next to the closed form, with the difference")
  func closedForm() {
    let text = RunSummary.text(sampleRecord())

    // 0.1 / 0.096 - 1 = 4.17 %
    let line = text.split(separator: "\n").first { $0.contains("+4.17 %") }
    #expect(line?.contains("100 ms") == true && line?.contains("96 ms") == true)
  }

  @Test("the summary of a record without ranks, memory and closed form omits those sections")
  func sparse() throws {
    var record = sampleRecord()
    record.metrics = [Metric(.stepTime, 2)]
    record.rankTimes = []
    record.memory = []
    record.assumptions = []

    let text = RunSummary.text(record)

    #expect(text.contains("2 s") && !text.contains("closed form") && !text.contains("memory"))
    #expect(try json(record)["ranks"] as? [String] == [])
  }

  @Test(
    "a record read back from the store gives the same summary in every format",
    arguments: OutputFormat.allCases)
  func stored(format: OutputFormat) throws {
    let sample = try SampleStore()
    let run = try #require(try sample.store.runs().first)

    let back = try #require(try sample.store.record(of: run.id))

    #expect(
      RunSummary.text(back, format: format) == RunSummary.text(sampleRecord(), format: format))
  }

  @Test("a figure for part of the run is printed next to that of the whole, under its own name")
  func scopes() throws {
    var record = sampleRecord()
    record.metrics.append(
      Metric(.bubbleRatio, 0.25, scope: .rank(2), statistic: .p99))

    let metrics = try json(record)["metrics"] as? [String: Double]

    #expect(metrics?["bubble_ratio"] == 0.2 && metrics?["bubble_ratio.p99@rank:2"] == 0.25)
    #expect(RunSummary.csv(record).contains("bubble_ratio.p99@rank:2,0.25,1\r\n"))
    #expect(RunSummary.text(record).contains("bubble ratio, mean, p99, rank 2"))
    #expect(record.value(.bubbleRatio) == 0.2)
  }
}
