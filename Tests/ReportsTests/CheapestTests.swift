// Which runs are on the front and which is the cheapest: counted by hand from three or four runs.

import Foundation
import Recording
import ResultsStore
import Testing

@testable import Reports

@Suite("Runs that no other run beats")
struct CheapestTests {
  private func column(_ name: String, _ table: ResultTable) -> [ResultValue] {
    table.columns.firstIndex(of: name).map { column in table.rows.map { $0[column] } } ?? []
  }

  private func answer(_ report: String, _ records: [RunRecord]) throws -> ResultTable {
    let sample = try SampleStore(records)
    let report = try #require(ReportCatalogue.named(report))
    return try withExtendedLifetime(sample) { try sample.store.query(report.sql) }
  }

  private func runs() -> [RunRecord] {
    // Days and dollars: the second is beaten, the last two are equal.
    [(10.0, 100.0), (11, 100), (5, 300), (5, 300)].map { days, cost in
      var record = sampleTrainingRun()
      record.metrics = [
        Metric(.gpuCount, 64), Metric(.runDays, days), Metric(.runDays, days / 2, statistic: .low),
        Metric(.runCost, cost),
      ]
      return record
    }
  }

  private func services() -> [RunRecord] {
    // TTFT, TPOT and dollars: the third is beaten by the first in all; the second is slower to
    // begin than the first, and cheaper.
    [(1.0, 0.02, 2.0), (3, 0.02, 1), (2, 0.03, 3), (9, 0.05, 0.5)].map { first, each, cost in
      var record = sampleService()
      record.metrics = [
        Metric(.gpuCount, 176), Metric(.timeToFirstToken, first, statistic: .p99),
        Metric(.requestTimePerToken, each, statistic: .p99),
        Metric(.usdPerMillionOutputTokens, cost),
      ]
      return record
    }
  }

  @Test("pareto of training runs: days against dollars, equal runs together")
  func paretoOfRuns() throws {
    let table = try answer("pareto", runs())

    #expect(column("run", table) == [.integer(3), .integer(4), .integer(1)])
    #expect(column("days", table) == [.real(5), .real(5), .real(10)])
  }

  @Test("pareto of services: both latencies against dollars")
  func paretoOfServices() throws {
    let table = try answer("pareto", services())

    #expect(column("run", table) == [.integer(4), .integer(2), .integer(1)])
    #expect(column("tpot_p99_s", table) == [.real(0.05), .real(0.02), .real(0.02)])
  }

  @Test("runs of one kind beat only runs of that kind")
  func kinds() throws {
    let table = try answer("pareto", [sampleRecord()] + runs() + services())

    #expect(Set(column("run", table)) == Set([1, 2, 4, 5, 6, 7, 9].map { .integer($0) }))
  }

  @Test("cheapest-under-deadline of training runs")
  func deadline() throws {
    let table = try answer("cheapest-under-deadline", [sampleRecord()] + runs())

    #expect(column("run", table) == [.integer(4), .integer(2), .integer(1)])
    #expect(column("deadline_days", table) == [.real(5), .real(10), .real(54.2)])
    #expect(column("until_days", table) == [.real(10), .null, .null])
  }

  @Test("replications of a point are one outcome, by their means")
  func replications() throws {
    // Days of two points: 8 and 12, mean 10; 9 and 9. The lucky 8 does not win.
    let sample = try SampleStore([])
    let id = try sample.store.begin(
      ExperimentHead(kind: "sweep", name: "s", hash: "ab", trialCount: 4))
    for (index, days) in [8.0, 12, 9, 9].enumerated() {
      var record = sampleTrainingRun()
      record.metrics = [Metric(.gpuCount, 64), Metric(.runDays, days), Metric(.runCost, 100)]
      let trial = TrialRecord(
        index: index, parameters: [("n", "\(index / 2)"), ("replication", "\(index % 2 + 1)")],
        outcome: .ran(record))
      try sample.store.write(trial, of: id, clock: RunClock(startedAt: Date(), wallSeconds: 1))
    }

    for name in ["pareto", "cheapest-under-deadline"] {
      let report = try #require(ReportCatalogue.named(name))
      let table = try sample.store.query(report.sql)

      #expect(column("run", table) == [.integer(3)])
      #expect(column("parameters", table) == [.text("n=1")])
    }
  }

  @Test("an answer without rows says which runs or which figures are missing")
  func missing() throws {
    let services = self.services().map { record in
      var record = record
      record.metrics.removeAll { $0.kind == .requestTimePerToken }
      return record
    }
    let sample = try SampleStore(services)
    let reports = try ["pareto", "cheapest-under-latency", "gpu-hours", "network"].map {
      try #require(ReportCatalogue.named($0))
    }
    let reasons = try reports.map { try $0.reasonOfNoRows(in: sample.store) }

    #expect(try reports[..<3].allSatisfy { try sample.store.query($0.sql).rows.isEmpty })
    let path = sample.store.path
    #expect(
      reasons[0] == "pareto needs p99 of TTFT and of TPOT, which outputs of one token lack, and"
        + " dollars per output token; no run of \(path) has them all")
    #expect(reasons[1]?.contains("needs p99 of TPOT, which outputs of one token lack") == true)
    #expect(
      reasons[2] == "gpu-hours applies only to runs of training_step; \(path) has none")
    #expect(reasons[3] == nil)
  }

  @Test("cheapest-under-latency: the cheapest service inside each bound on TPOT")
  func latency() throws {
    let table = try answer("cheapest-under-latency", services())

    #expect(column("run", table) == [.integer(2), .integer(4)])
    #expect(column("bound_s", table) == [.real(0.02), .real(0.05)])
    #expect(column("until_s", table) == [.real(0.05), .null])
  }
}
