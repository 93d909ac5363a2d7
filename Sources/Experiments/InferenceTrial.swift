// One scenario of inference to one record: simulate, check what cannot be true, say where it came
// from.

import Recording
import Scenarios
import Schedules
import Serving

/// A run of an inference scenario.
public struct InferenceTrial: Sendable {
  private let scenario: InferenceScenario
  private let programVersion: String

  /// - Parameter programVersion: recorded with every result.
  public init(_ scenario: InferenceScenario, programVersion: String) {
    self.scenario = scenario
    self.programVersion = programVersion
  }

  /// Simulates the scenario.
  ///
  /// - Parameter keepsTimeline: whether the record has the bars of its course.
  /// - Throws: `InferenceRefusal` where memory forbids it, `BrokenInvariant` for our bugs.
  public func run(keepsTimeline: Bool = false) throws -> RunRecord {
    let result = try InferenceStep(
      spec: scenario.inference, model: scenario.model, cluster: scenario.cluster
    ).run(keepsTimeline: keepsTimeline)
    let record = RunRecord(
      provenance: Provenance(
        scenarioName: scenario.name, scenarioText: scenario.text,
        scenarioHash: SHA256.hexDigest(Array(scenario.text.utf8)), seed: scenario.seed,
        programVersion: programVersion, schedule: "", fingerprint: result.fingerprint),
      metrics: result.metrics, rankTimes: result.rankTimes, memory: result.memory,
      spans: result.spans, network: result.network,
      assumptions: result.assumptions)
    try record.checkInvariants(stepTime: result.stepTime)
    return record
  }
}
