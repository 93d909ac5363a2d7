// Differences of two runs: each part's rows sum to the difference of the figure that it explains.

import Recording
import ResultsStore
import Testing
import Units

@testable import Reports

@Suite("Differences of two runs")
struct RunDifferenceTests {
  private func rows(
    _ first: RunRecord, _ second: RunRecord, settings: [RunDifference.Setting] = [],
    part: String
  ) -> [[ResultValue]] {
    RunDifference(first, second, settings: settings).table.rows.filter { $0[0] == .text(part) }
  }

  private func sum(_ rows: [[ResultValue]]) -> Double {
    rows.compactMap { $0[5].number }.reduce(0, +)
  }

  /// The sample with 9 ms more of exposed combine and 3 ms less of bubble on every rank.
  private func slower() -> RunRecord {
    var record = sampleRecord()
    record.rankTimes = record.rankTimes.map { row in
      var row = row
      if row.activity == .exposedCombine { row.time += SimDuration(seconds: 0.009) }
      if row.activity == .schedule { row.time -= SimDuration(seconds: 0.003) }
      return row
    }
    record.result.stepTime = SimDuration(seconds: 0.106)
    for index in record.metrics.indices where record.metrics[index].kind == .stepTime {
      record.metrics[index].value = 0.106
    }
    for index in record.metrics.indices where record.metrics[index].kind == .costUSD {
      record.metrics[index].value *= 1.06
    }
    return record
  }

  @Test("activities sum to the difference of the step time, the largest first")
  func time() {
    let found = rows(sampleRecord(), slower(), part: "time")

    #expect(found.count == 2)
    #expect(abs((found[0][5].number ?? 0) - 0.009) < 1e-12)
    // Sums of three ranks round far below 1e-12.
    #expect(abs(sum(found) - 0.006) < 1e-12)
  }

  @Test("money goes where time goes, and sums to the difference of the cost")
  func money() throws {
    let (first, second) = (sampleRecord(), slower())

    let found = rows(first, second, part: "money")

    let costs = try [first, second].map { try #require($0.value(.costUSD)) }
    // At one price, an activity costs what its time costs: unchanged ones are no difference.
    #expect(abs(sum(found) - (costs[1] - costs[0])) < 1e-6 * costs[0])
    let combine = try #require(found.first?[5].number)
    #expect(abs(combine / costs[0] - 0.09) < 1e-9)
  }

  @Test("bytes by link class and purpose, those of one run alone included")
  func traffic() {
    var second = sampleRecord()
    second.result.network.traffic = [
      Traffic(kind: .dispatch, link: .nicOut, bytesPerGPU: Bytes(5e9)),
      Traffic(kind: .dispatch, link: .scaleUpOut, bytesPerGPU: Bytes(7e9)),
    ]

    let found = rows(sampleRecord(), second, part: "traffic")

    #expect(found.map { $0[5] } == [.real(7e9), .real(2e9), .real(-1e9)])
    #expect(found[1][1] == .text("nic_out: dispatch") && found[0][3] == .null)
    #expect(found[2][4] == .null)
  }

  @Test("settings come first, with an empty cell where a scenario has none")
  func settings() {
    let table = RunDifference(
      sampleRecord(), slower(),
      settings: [.init("cluster.nodes", first: "2", second: nil)]
    ).table

    #expect(
      table.rows.first == [
        .text("setting"), .text("cluster.nodes"), .null, .text("2"), .null, .null,
      ])
  }

  @Test("equal runs differ in nothing")
  func equal() {
    #expect(RunDifference(sampleRecord(), sampleRecord(), settings: []).table.rows.isEmpty)
    #expect(RunDifference(sampleService(), sampleService(), settings: []).table.rows.isEmpty)
  }

  @Test("of training runs: wall time by phase and category, and the cost by phase")
  func trainingRun() {
    let first = sampleTrainingRun()
    var second = first
    second.result.run.times[1].seconds += 3_600
    second.result.run.phases[0].gpuHours += 1_024
    for index in second.metrics.indices where second.metrics[index].kind == .runCost {
      second.metrics[index].value = 8_192
    }

    let time = rows(first, second, part: "time")
    let money = rows(first, second, part: "money")

    #expect(time.map { $0[1] } == [.text("ramp: lost_work")] && sum(time) == 3_600)
    // 6,144 by 1,024 and 2,048 GPU-hours; 8,192 by 2,048 and 2,048.
    #expect(money.map { $0[1] } == [.text("ramp")] && sum(money) == 2_048)
    #expect(
      rows(first, second, part: "result").map { $0[1] } == [.text("run_cost_usd")])
  }

  @Test("costs of different things are not compared")
  func otherQuestion() {
    #expect(rows(sampleRecord(), sampleService(), part: "money").isEmpty)
    #expect(!rows(sampleRecord(), sampleService(), part: "time").isEmpty)
  }

  @Test("of services: GPU-seconds of each pool, and its headline metrics before the others")
  func service() throws {
    let first = sampleService()
    var second = first
    second.result.pools[1].busyGPUSeconds += 50
    for index in second.metrics.indices where second.metrics[index].kind == .timeToFirstToken {
      second.metrics[index].value *= 2
    }

    let time = rows(first, second, part: "time")
    let table = RunDifference(first, second, settings: []).table.rows

    #expect(time.map { $0[5] } == [.real(50), .real(-50)])
    #expect(time[0][1] == .text("decode: busy"))
    let results = rows(first, second, part: "result").map { $0[1] }
    #expect(results.contains(.text("ttft_s.p99")) && !results.contains(.text("ttft_s.mean")))
    #expect(rows(first, second, part: "metric").contains { $0[1] == .text("ttft_s.mean") })
    let parts = table.map { $0[0] }
    let last = try #require(parts.lastIndex(of: .text("result")))
    let other = try #require(parts.firstIndex(of: .text("metric")))
    #expect(last < other)
  }
}
