// One scenario to one record: simulate, check what cannot be true, say where it came from.

import Recording
import Scenarios
import Text

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
  /// - Throws: `SimulationRefusal` where what is asked is not possible, `TraceFileProblem` where a
  ///   trace is gone, `BrokenInvariant` for our bugs.
  public func run(
    keepsTimeline: Bool = false, triesRemedies: Bool = true
  ) throws -> RunRecord {
    let workload = try scenario.workload(shared)
    let result: SimulationResult
    do {
      result = try workload.run(keepsTimeline: keepsTimeline, shared: shared)
    } catch let refusal as any SimulationRefusal where triesRemedies {
      throw told(refusal)
    }
    try result.checkInvariants()
    return RunRecord(
      provenance: Provenance(
        scenarioName: scenario.name, scenarioText: scenario.text, settings: scenario.settings,
        scenarioHash: scenario.hash, seed: scenario.seed, programVersion: programVersion,
        question: workload.questionName, schedule: workload.schedule),
      result: result)
  }

  /// The refusal with the changes that help: each was resolved and planned, none is guessed.
  private func told(_ refusal: any SimulationRefusal) -> any SimulationRefusal {
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

extension Scenario {
  /// SHA-256 of text and settings, in hexadecimal; of the text alone where nothing was set.
  var hash: String {
    let lines = settings.map { "\u{0}\($0.key)" + ($0.value.map { "=\($0)" } ?? "") }
    return SHA256.hexDigest(Array((text + lines.joined()).utf8))
  }
}
