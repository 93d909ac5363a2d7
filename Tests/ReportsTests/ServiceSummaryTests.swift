import Foundation
import Recording
import Testing
import Units

@testable import Reports

@Suite("The summary of a service")
struct ServiceSummaryTests {
  private func lines(_ record: RunRecord) -> [String] {
    RunSummary.text(record).split(separator: "\n").map { line in
      line.split(separator: " ").joined(separator: " ")
    }
  }

  @Test("requests and latencies are tables by class, with every definition below")
  func tables() {
    let lines = lines(sampleService())

    #expect(lines.contains("all 300 270 30 0 0 0 270"))
    #expect(lines.contains("batch 100 90 10 0 0 0 90"))
    #expect(lines.contains("rejected: too long: 30"))
    #expect(lines.contains("all TTFT 3 s 6 s 9 s 12 s"))
    #expect(lines.contains("TPOT 20 ms 40 ms 60 ms 80 ms"))
    #expect(lines.contains("TTFT: first token shown - arrival"))
    #expect(lines.contains("chat 2 requests/s - 50 % -"))
  }

  @Test("the fullest resource and the longest queue are named")
  func bottleneck() {
    let lines = lines(sampleService())

    #expect(lines.contains("decode 144 70 % 93 % - - - 12.25 -"))
    #expect(
      lines.contains(
        "fullest: the KV caches of decode are in use to 93 %, mean over time"))
    #expect(
      lines.contains("longest queue: before decode, 12.25 requests, mean over time"))
  }

  @Test("a steady state has intervals; an overloaded service and a short one are told apart")
  func steadiness() {
    var overloaded = sampleService()
    overloaded.metrics.removeAll { $0.kind == .waitingGrowth && $0.statistic == .low }
    overloaded.metrics.append(Metric(.waitingGrowth, 0.05, statistic: .low))
    var unsettled = sampleService()
    unsettled.metrics.removeAll { $0.kind == .warmUpRequests }

    let (steady, over, none) =
      (lines(sampleService()), lines(overloaded), lines(unsettled))

    #expect(steady.contains("steady TTFT 3 s 2.5 s to 3.5 s"))
    #expect(over.contains { $0.hasPrefix("OVERLOADED: the queue grows by 0.1 requests/s") })
    #expect(!over.contains { $0.hasPrefix("steady TTFT") })
    #expect(none.contains { $0.hasPrefix("none found: TTFT has not settled") })
  }

  @Test("nothing of a step is printed for a service, and nothing of a service for a step")
  func apart() {
    let service = RunSummary.text(sampleService())
    let step = RunSummary.text(sampleRecord())

    for words in ["step time", "Where the time goes", "Peak memory", "Step"] {
      #expect(!service.contains(words), "\(words)")
    }
    for words in ["Requests\n", "Latency", "Pools", "Steady state"] {
      #expect(service.contains(words) && !step.contains(words), "\(words)")
    }
    #expect(!RunSummary.json(sampleRecord()).contains("\"requests\""))
  }

  @Test("the text keeps its width")
  func width() {
    let lines = RunSummary.text(sampleService())
      .split(separator: "\n", omittingEmptySubsequences: false)

    #expect(lines.allSatisfy { $0.count <= RunSummary.width && $0.last != " " })
  }

  @Test("JSON has requests by state and reason, pools, and the time series")
  func json() throws {
    let data = Data(RunSummary.json(sampleService()).utf8)
    let read = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let requests = try #require(read["requests"] as? [String: Any])
    let pools = try #require(read["pools"] as? [[String: Any]])
    let series = try #require(read["time_series"] as? [[String: Any]])

    for (key, count) in [
      ("arrived", 300), ("finished", 270), ("rejected", 30), ("running", 0), ("queued", 0),
      ("lost", 0),
    ] {
      #expect(requests[key] as? Int == count, "\(key)")
    }
    #expect((requests["rejected_by_reason"] as? [String: Int])?["too_long"] == 30)
    #expect(pools.map { $0["name"] as? String } == ["prefill", "decode"])
    #expect(series.first?["time_s"] as? Double == 60 && series.first?["arrived"] as? Int == 180)
  }

  @Test(
    "a service read back from the store is shown byte for byte",
    arguments: OutputFormat.allCases)
  func stored(format: OutputFormat) throws {
    let sample = try SampleStore([sampleService()])
    let run = try #require(try sample.store.runs().first)

    let back = try #require(try sample.store.record(of: run.id, withRequests: false))

    #expect(
      RunSummary.text(back, format: format) == RunSummary.text(sampleService(), format: format))
  }

  @Test("services are compared by output of a GPU and time of a token")
  func comparison() {
    var fast = sampleService()
    fast.metrics.removeAll { $0.kind == .outputPerHeldGPU }
    fast.metrics.append(Metric(.outputPerHeldGPU, 700))
    let trials = [sampleService(), fast].enumerated().map { index, record in
      TrialRecord(
        index: index, parameters: [(key: "service.units", value: "\(index)")],
        outcome: .ran(record))
    }

    let text = Comparison(trials).text(.table)
    let csv = Comparison(trials).text(.csv)

    let rows = text.split(separator: "\n").filter { $0.hasPrefix("      ") }
    #expect(rows.last?.hasSuffix("*") == true && rows.first?.hasSuffix("*") == false)
    #expect(text.contains("TTFT p99") && csv.contains("output_tokens_per_s_per_gpu"))
    let step = TrialRecord(index: 0, parameters: [], outcome: .ran(sampleRecord()))
    #expect(!Comparison([step]).text(.csv).contains("output_tokens_per_s_per_gpu"))
  }
}
