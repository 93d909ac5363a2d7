// From one scenario to one record: simulates, checks invariants, and adds provenance.

import ModelCost
import Recording
import Scenarios
import Text
import Units

/// A run of a scenario with any kind of question.
package struct Trial: Sendable {
  let scenario: Scenario
  private let programVersion: String
  private let shared: SharedCosts

  /// - Parameters:
  ///   - scenario: the scenario to simulate.
  ///   - programVersion: recorded with every result.
  ///   - progress: called now and then with what the trial has done, by any thread.
  package init(
    _ scenario: Scenario, programVersion: String,
    progress: (@Sendable (TrialProgress) -> Void)? = nil
  ) {
    self.init(
      scenario, programVersion: programVersion, shared: SharedCosts(progress: progress))
  }

  /// - Parameter shared: cache of the experiment that the trial belongs to.
  init(_ scenario: Scenario, programVersion: String, shared: SharedCosts) {
    self.scenario = scenario
    self.programVersion = programVersion
    self.shared = shared
  }

  /// Simulates the scenario.
  ///
  /// - Parameters:
  ///   - keepsTimeline: whether the record includes the timeline.
  ///   - keepsRequests: whether the record of a service includes its requests.
  ///   - triesRemedies: whether a refusal includes remedies, found by up to hundreds of attempts.
  ///   - intervals: how the intervals of figures are found.
  ///   - workers: threads of this trial, which do not affect the record.
  /// - Throws: `SimulationRefusal` if the request cannot be met, `TraceFileProblem` if a trace file
  ///   has disappeared, `BrokenInvariant` for a bug of the program.
  package func run(
    keepsTimeline: Bool = false, keepsRequests: Bool = false, triesRemedies: Bool = true,
    intervals: IntervalChoice = .without, workers: Workers = .one
  ) throws -> RunRecord {
    let workload = try scenario.workload(shared)
    var result: SimulationResult
    do {
      let run = keepsRequests ? workload.runKeepingRequests : workload.run
      result = try run(keepsTimeline, shared, workers)
    } catch let refusal as any SimulationRefusal where triesRemedies {
      throw withRemedies(refusal)
    }
    try addIntervals(
      intervals, to: &result, of: workload, shared: shared, workers: workers)
    result.metrics += scenario.model.metrics
    try result.checkInvariants()
    return RunRecord(
      provenance: Provenance(
        scenarioName: scenario.name, scenarioText: scenario.text, settings: scenario.settings,
        scenarioHash: scenario.hash, seed: scenario.seed, programVersion: programVersion,
        question: workload.questionName, schedule: workload.schedule),
      result: result)
  }

  /// The refusal with the changes that help; each has been resolved and planned successfully.
  private func withRemedies(_ refusal: any SimulationRefusal) -> any SimulationRefusal {
    guard !refusal.candidates.isEmpty else { return refusal }
    var remedies: [[Setting]] = []
    for candidate in refusal.candidates where !candidate.isLastResort || remedies.isEmpty {
      let helps = candidate.alternatives.first { settings in
        do {
          try scenario.changed(by: settings).workload(shared).plan(shared: shared)
          return true
        } catch {
          return false
        }
      }
      if let helps { remedies.append(scenario.needed(of: helps)) }
    }
    return refusal.telling(remedies)
  }
}

extension ModelSpec {
  /// Parameters by both conventions.
  fileprivate var metrics: [Metric] {
    [
      Metric(.parameters, Double(mainParameters)),
      Metric(.activeParameters, Double(activeParameters)),
      Metric(.activeParametersWithoutEmbedding, Double(activeParametersWithoutEmbedding)),
    ]
  }
}

extension Scenario {
  /// Hexadecimal SHA-256 of text and settings; of the text alone without settings.
  var hash: String {
    let lines = settings.map { "\u{0}\($0.key)" + ($0.value.map { "=\($0)" } ?? "") }
    return SHA256.hexDigest(Array((text + lines.joined()).utf8))
  }
}
