// One scenario to one record: simulate, check what cannot be true, say where it came from.

import Recording
import Scenarios
import Schedules

/// A run of a scenario, whatever it asks.
public struct Trial: Sendable {
  private let scenario: Scenario
  private let programVersion: String
  private let shared: SharedCosts

  /// - Parameter programVersion: recorded with every result.
  public init(_ scenario: Scenario, programVersion: String) {
    self.init(scenario, programVersion: programVersion, shared: SharedCosts())
  }

  /// - Parameter shared: what other trials of the same experiment have computed.
  init(_ scenario: Scenario, programVersion: String, shared: SharedCosts) {
    self.scenario = scenario
    self.programVersion = programVersion
    self.shared = shared
  }

  /// Simulates the scenario.
  ///
  /// - Parameters:
  ///   - keepsTimeline: whether the record has the bars of its course.
  ///   - triesRemedies: whether a refusal says what would fit, which takes hundreds of tries.
  /// - Throws: `SimulationRefusal` where what is asked cannot be had, `BrokenInvariant` for our
  ///   bugs.
  public func run(
    keepsTimeline: Bool = false, triesRemedies: Bool = true
  ) throws -> RunRecord {
    let workload = scenario.workload
    let result = try workload.run(
      keepsTimeline: keepsTimeline, triesRemedies: triesRemedies, shared: shared)
    try result.checkInvariants()
    return RunRecord(
      provenance: Provenance(
        scenarioName: scenario.name, scenarioText: scenario.text, settings: scenario.settings,
        scenarioHash: scenario.hash, seed: scenario.seed, programVersion: programVersion,
        question: workload.questionName, schedule: workload.schedule),
      result: result)
  }
}

extension Scenario {
  /// SHA-256 of text and settings, in hexadecimal; of the text alone where nothing was set.
  var hash: String {
    let lines = settings.map { "\u{0}\($0.key)" + ($0.value.map { "=\($0)" } ?? "") }
    return SHA256.hexDigest(Array((text + lines.joined()).utf8))
  }
}
