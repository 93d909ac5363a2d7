import Foundation
import Recording
import ResultsStore
import Scenarios
import Testing

@testable import Experiments

@Suite("Services as trials")
struct ServiceTrialTests {
  private func experiment(_ routers: String) throws -> Experiment {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try SmallService.text.write(to: file, atomically: true, encoding: .utf8)
    return Experiment.compare(
      try ScenarioDocument(path: file.path), ScenarioChanges(),
      over: [try #require(ExperimentAxis("service.router=\(routers)"))], schedules: [],
      programVersion: "test")
  }

  /// Everything that is stored of a trial, but what depends on when it ran.
  private func expectEqual(_ first: RunRecord, _ second: RunRecord) {
    #expect(first.fingerprint == second.fingerprint)
    #expect(first.metrics == second.metrics)
    #expect(first.pools == second.pools && first.samples == second.samples)
    #expect(first.requests == second.requests && first.assumptions == second.assumptions)
    #expect(first.provenance == second.provenance)
  }

  @Test("INV-9: services are identical for any number of workers, whatever their routers read")
  func workers() throws {
    let experiment = try experiment("prefix,dynamo,least_load,session")

    let runs = try [1, 4].map { workers in
      var records: [RunRecord] = []
      try experiment.run(0..<experiment.count, workers: workers) {
        records += $0.trial.record.map { [$0] } ?? []
      }
      return records
    }

    #expect(runs.map(\.count) == [4, 4])
    for (first, second) in zip(runs[0], runs[1]) { expectEqual(first, second) }
    #expect(Set(runs[0].map(\.fingerprint)).count > 1, "routers choose alike")
  }

  @Test("INV-9: a service is identical on every repeat, with the record of each request")
  func repeated() throws {
    let scenario = try Scenario.decode(text: SmallService.text, file: "small.yaml")
    let trial = Trial(scenario, programVersion: "test")

    let first = try trial.run(keepsRequests: true)

    #expect(first.requests.count == 150)
    expectEqual(first, try trial.run(keepsRequests: true, workers: .threads(4)))
    // Keeping requests plans each step that would be counted.
    let without = try trial.run()
    #expect(without.requests.isEmpty && without.metrics == first.metrics)
  }
}
