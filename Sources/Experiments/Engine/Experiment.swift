// Runs a scenario at every combination of some settings: the program's only loop over scenarios.

import Foundation
import Recording
import Scenarios
import Text

/// The trials of one scenario, created lazily.
package struct Experiment: Sendable {
  /// A finished trial with its wall-clock times, which no result depends on.
  package struct TimedTrial: Sendable {
    package var trial: TrialRecord
    /// Start time.
    package var startedAt: Date
    /// Elapsed time.
    package var seconds: Double
  }

  /// Upper limit of trials per experiment.
  package static let trialLimit = 100_000

  /// Kind of experiment, for example `compare`.
  package let kind: String
  /// Name in results.
  package let name: String
  /// Parameters that vary, the last axis fastest.
  package let axes: [ExperimentAxis]
  private let document: ScenarioDocument
  private let changes: ScenarioChanges
  private let programVersion: String
  private let shared: SharedCosts

  /// - Parameters:
  ///   - changes: changes to the scenario that apply to every trial.
  ///   - programVersion: recorded with every result.
  ///   - shared: costs that experiments of one search have in common; they change no result.
  /// - Precondition: every axis has a value, and there are at most `trialLimit` combinations.
  package init(
    kind: String, _ document: ScenarioDocument, _ changes: ScenarioChanges = ScenarioChanges(),
    axes: [ExperimentAxis], programVersion: String, shared: SharedCosts = SharedCosts()
  ) {
    self.shared = shared
    self.kind = kind
    self.document = document
    self.changes = changes
    self.axes = axes
    self.programVersion = programVersion
    name = "\(kind) \(document.words(of: "name", changes) ?? "")"
    precondition(axes.allSatisfy { !$0.values.isEmpty }, "an axis has a value")
    precondition(count <= Self.trialLimit, "an experiment has at most \(Self.trialLimit) trials")
  }

  /// Number of trials.
  package var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The value of each axis in a trial.
  private func values(at index: Int) -> [ExperimentAxis.Value] {
    var rest = index
    return axes.reversed().map { axis in
      defer { rest /= axis.values.count }
      return axis.values[rest % axis.values.count]
    }.reversed()
  }

  /// Hexadecimal SHA-256 of everything that determines the trials: equal hashes mean equal trials.
  package var hash: String {
    var parts = [kind, programVersion, document.text]
    let values = axes.flatMap { axis in axis.values.map { (axis.key, $0.label, $0.settings) } }
    parts += (changes.recorded + values.flatMap(\.2)).map { "\($0.key)=\($0.value ?? "\u{0}")" }
    parts += values.map { "\($0.0)=\($0.1)" }
    var files: [String] = []
    for settings in [[]] + values.map(\.2) {
      for file in document.companions(changes.adding(settings)) where !files.contains(file.name) {
        files.append(file.name)
        parts += [file.name, SHA256.hexDigest(Array(file.bytes ?? Data()))]
      }
    }
    let lengths = parts.map { "\($0.utf8.count)" }.joined(separator: " ")
    return SHA256.hexDigest(Array((lengths + "\n" + parts.joined()).utf8))
  }

  /// The scenario of a trial.
  ///
  /// - Throws: `ScenarioProblem` if the trial's settings do not make a valid scenario.
  package func scenario(at index: Int) throws(ScenarioProblem) -> Scenario {
    try document.scenario(changes.adding(values(at: index).flatMap(\.settings)))
  }

  /// Runs the trials from an index on in parallel. The sink receives each in the order of indices,
  /// as soon as it and all earlier ones are complete. Values do not depend on the number of
  /// workers.
  ///
  /// A trial that is refused, or fails because of a bug, is delivered with its reason.
  ///
  /// - Throws: what the sink throws.
  package func run(
    from first: Int = 0, workers: Int, sink: (TimedTrial) throws -> Void
  ) throws {
    try InOrder.run(first..<max(first, count), workers: workers, work: trial, deliver: sink)
  }

  /// Checks for problems common to all trials, which are problems of the scenario itself.
  ///
  /// - Throws: `ScenarioProblem` with these problems; nothing if any trial's scenario is valid.
  package func check() throws(ScenarioProblem) {
    var common: [Diagnostic]?
    for index in 0..<count {
      do throws(ScenarioProblem) {
        _ = try scenario(at: index)
        return
      } catch {
        common = common?.filter(error.diagnostics.contains) ?? error.diagnostics
      }
      if common?.isEmpty == true { return }
    }
    throw .badData(common ?? [])
  }

  private func trial(at index: Int) -> TimedTrial {
    let start = Date.now
    let parameters = zip(axes, values(at: index)).map { (key: $0.key, value: $1.label) }
    let trial = TrialRecord(index: index, parameters: parameters, outcome: outcome(at: index))
    return TimedTrial(
      trial: trial, startedAt: start, seconds: Date.now.timeIntervalSince(start))
  }

  private func outcome(at index: Int) -> TrialRecord.Outcome {
    do {
      let trial = Trial(try scenario(at: index), programVersion: programVersion, shared: shared)
      return .ran(try trial.run(triesRemedies: false))
    } catch {
      return Self.outcome(of: error)
    }
  }

  /// The outcome of a trial that threw an error: refused for a bad request, broken for a bug.
  static func outcome(of error: any Error) -> TrialRecord.Outcome {
    switch error {
    case let error as ScenarioProblem: .refused(reason: error.reason)
    case let error as any ExplainedError where error.exitStatus != .brokenInvariant:
      .refused(reason: error.description)
    default: .broken(reason: "\(error)")
    }
  }
}

extension ScenarioProblem {
  /// Its problems with advice on one line, as the reason for a refused trial.
  var reason: String {
    diagnostics.map { problem in
      problem.message + (problem.advice.map { " (\($0))" } ?? "")
    }.joined(separator: "; ")
  }
}
