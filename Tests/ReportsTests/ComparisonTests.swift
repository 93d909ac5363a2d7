import Foundation
import Recording
import Testing

@testable import Reports

@Suite("Comparisons of trials")
struct ComparisonTests {
  /// Training steps with two batches: 1f1b is cheapest at the larger one, zb_h1 needs the most
  /// memory.
  private func training() -> [TrialRecord] {
    let figures: [(batch: String, schedule: String, hours: Double, memory: Double)] = [
      ("8", "1f1b", 200, 5), ("8", "dualpipe", 180, 6), ("16", "1f1b", 170, 5),
      ("16", "dualpipe", 150, 6), ("16", "zb_h1", 150, 7),
    ]
    return figures.enumerated().map { index, row in
      var record = sampleRecord(schedule: row.schedule)
      record.metrics = [
        Metric(.stepTime, row.hours / 1000), Metric(.gpuHoursPerTrillionTokens, row.hours),
        Metric(.bubbleTime, 0.02), Metric(.closedFormBubble, 0.016),
        Metric(.peakMemory, row.memory * 1_073_741_824),
      ]
      return TrialRecord(
        index: index,
        parameters: [
          (key: "training.microbatches", value: row.batch),
          (key: "training.schedule", value: row.schedule),
        ], outcome: .ran(record))
    } + [
      TrialRecord(
        index: 5,
        parameters: [
          (key: "training.microbatches", value: "8"), (key: "training.schedule", value: "zb_h1"),
        ], outcome: .refused(reason: "rank 0 needs 90 GiB\n  it holds: weights"))
    ]
  }

  private func inference() -> [TrialRecord] {
    [(64, 15_000.0, 50.0), (8, 4_000, 40), (32, 3_000, 45)].enumerated().map { index, row in
      var record = sampleInference()
      record.metrics = [
        Metric(.stepTime, 0.04), Metric(.tokensPerSecondPerNode, row.1),
        Metric(.peakMemory, row.2 * 1_073_741_824),
      ]
      return TrialRecord(
        index: index, parameters: [(key: "inference.batch", value: "\(row.0)")],
        outcome: .ran(record))
    }
  }

  @Test("training steps are ranked by GPU-hours for the same number of tokens, in four tables")
  func trainingTables() {
    let text = Comparison(training()).text(.table)
    let cost = text.split(separator: "\n").prefix(8).map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
    }

    #expect(text.hasPrefix("Cost (*: no other row needs both less time and less memory)\n"))
    #expect(cost[1].prefix(2) == ["schedule", "microbatches"])
    #expect(
      cost[3...7].map { $0.prefix(2).joined(separator: " ") }
        == ["dualpipe 16", "zb_h1 16", "1f1b 16", "dualpipe 8", "1f1b 8"])
    // zb_h1 costs the same and needs more memory; dualpipe at 8 is dominated by 1f1b at 16.
    #expect(cost[3...7].map { $0.last == "*" } == [true, false, true, false, false])
    // 170 GPU-hours compared with the best, 150.
    #expect(cost[5].contains("1.133"))
    for head in ["Bubble by definition", "Held on the worst rank", "Bubble beside the published"] {
      #expect(text.contains("\n\n\(head)"))
    }
    #expect(text.hasSuffix("\nrefused\n  microbatches=8 zb_h1: rank 0 needs 90 GiB\n"))
  }

  @Test("the difference from the published bubble is attributed to its causes")
  func closedForm() throws {
    let json = try object(Comparison(training()).text(.json))
    let rows = try #require(json["schedules"] as? [[String: Any]])
    let form = try #require(rows[2]["closed_form"] as? [String: Any])

    // 20 ms against 16; the sample idles 12 ms due to its schedule, 9 due to stages: order 12 - 16.
    #expect(abs((form["difference_s"] as? Double ?? 0) - 0.004) < 1e-12)
    #expect(abs((form["of_order_s"] as? Double ?? 0) + 0.004) < 1e-12)
    #expect(abs((form["of_stage_imbalance_s"] as? Double ?? 0) - 0.009) < 1e-9)
    #expect((rows[2]["ranks"] as? [Any])?.count == 3)
    #expect(rows[2]["fingerprint"] as? String == "00ff")
    #expect(rows[2]["settings"] as? [String: String] == ["training.microbatches": "16"])
  }

  @Test("inference steps stay in the order of the grid, in one table")
  func inferenceTable() {
    let lines = Comparison(inference()).text(.table).split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }

    #expect(lines[1].first == "batch")
    #expect(lines[3...].map { $0.first } == ["64", "8", "32"])
    #expect(lines[3...].map { $0.last == "*" } == [true, true, false])
    #expect(!lines[1].contains("planned"))
  }

  @Test("JSON and CSV list every trial; those without a run have their reason")
  func forms() throws {
    let trials = training()
    let json = try object(Comparison(trials).text(.json))
    let refused = try #require(json["refused"] as? [[String: Any]])
    let csv = Comparison(trials).text(.csv).split(separator: "\r\n")

    #expect((json["schedules"] as? [Any])?.count == 5)
    #expect(refused.first?["schedule"] as? String == "zb_h1")
    #expect((refused.first?["reason"] as? String)?.contains("it holds") == true)
    let columns = "training.microbatches,schedule,pareto,beats_best,step_time_s,"
    #expect(csv.first?.hasPrefix(columns) == true)
    #expect(csv.count == 7 && csv.last?.hasPrefix("8,zb_h1,0,,") == true)
    #expect(try object(Comparison(inference()).text(.json))["points"] != nil)
  }

  @Test("if nothing ran, only the reasons are printed, in the form of the question")
  func nothingRan() throws {
    let training = Array(training().suffix(1))
    let inference = [
      TrialRecord(
        index: 0, parameters: [(key: "inference.batch", value: "9")],
        outcome: .broken(reason: "invariant 12 is broken"))
    ]

    #expect(Comparison(training).text(.table).hasPrefix("refused\n  microbatches=8 zb_h1: "))
    #expect(Comparison(inference).text(.table) == "refused\n  batch=9: invariant 12 is broken\n")
    #expect(try object(Comparison(inference).text(.json))["points"] != nil)
    #expect(try object(Comparison(training).text(.json))["schedules"] != nil)
  }

  private func object(_ text: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }
}
