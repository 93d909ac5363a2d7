// A scenario at every combination of some settings: the one loop over scenarios that there is.

import Foundation
import Recording
import Scenarios
import Text

/// Trials of one scenario, made when their turn comes.
public struct Experiment: Sendable {
  /// A trial that was made, and the wall clock beside it, on which no result depends.
  public struct TimedTrial: Sendable {
    public var trial: TrialRecord
    /// When it began.
    public var startedAt: Date
    /// How long it took.
    public var seconds: Double
  }

  /// The most trials of an experiment.
  public static let trialLimit = 100_000

  /// What kind of experiment it is, for example `compare`.
  public let kind: String
  /// Name in results.
  public let name: String
  /// What varies, the last axis fastest.
  public let axes: [ExperimentAxis]
  private let document: ScenarioDocument
  private let changes: ScenarioChanges
  private let programVersion: String
  private let shared = SharedCosts()

  /// - Parameters:
  ///   - changes: what holds in every trial.
  ///   - programVersion: recorded with every result.
  /// - Precondition: every axis has a value, and there are at most `trialLimit` combinations.
  public init(
    kind: String, _ document: ScenarioDocument, _ changes: ScenarioChanges = ScenarioChanges(),
    axes: [ExperimentAxis], programVersion: String
  ) {
    self.kind = kind
    self.document = document
    self.changes = changes
    self.axes = axes
    self.programVersion = programVersion
    name = "\(kind) \(document.words(of: "name", changes) ?? "")"
    precondition(axes.allSatisfy { !$0.values.isEmpty }, "an axis has a value")
    precondition(count <= Self.trialLimit, "so many trials are not for one experiment")
  }

  /// Trials.
  public var count: Int { axes.reduce(1) { $0 * $1.values.count } }

  /// The value of each axis in a trial.
  private func values(at index: Int) -> [ExperimentAxis.Value] {
    var rest = index
    return axes.reversed().map { axis in
      defer { rest /= axis.values.count }
      return axis.values[rest % axis.values.count]
    }.reversed()
  }

  /// SHA-256 of everything that the trials follow from, in hexadecimal: an experiment with the same
  /// has the same trials.
  public var hash: String {
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
  /// - Throws: `ScenarioProblem` where the trial's settings make none.
  public func scenario(at index: Int) throws(ScenarioProblem) -> Scenario {
    try document.scenario(changes.adding(values(at: index).flatMap(\.settings)))
  }

  /// Runs the trials from an index on, side by side; the sink receives each as it completes, in
  /// the order of their indices. Every value in them is the same for any number of workers.
  ///
  /// A trial that cannot be run is received with its reason, as is one that meets a bug of ours.
  ///
  /// - Throws: what the sink throws.
  public func run(
    from first: Int = 0, workers: Int, sink: (TimedTrial) throws -> Void
  ) throws {
    try InOrder.run(first..<max(first, count), workers: workers, work: trial, deliver: sink)
  }

  /// What is wrong in every trial alike is wrong with the scenario.
  ///
  /// - Throws: `ScenarioProblem` with these problems; nothing where any trial has a scenario.
  public func check() throws(ScenarioProblem) {
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

  /// What an error makes of a trial: what was asked is at fault, or we are.
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
  /// Its problems in one line, each with what would be right, as the reason of a refused trial.
  var reason: String {
    diagnostics.map { problem in
      problem.message + (problem.advice.map { " (\($0))" } ?? "")
    }.joined(separator: "; ")
  }
}
