// Runs scenarios at every combination of some settings: the program's only loop over scenarios.

import Foundation
import Recording
import Scenarios
import Text

/// The trials of one scenario or several, created lazily.
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
  private let documents: [ScenarioDocument]
  private let changes: ScenarioChanges
  private let programVersion: String
  private let intervals: IntervalChoice
  let shared: SharedCosts

  /// - Parameters:
  ///   - kind: kind of experiment, for example `compare`.
  ///   - documents: the scenarios; an axis chooses among several.
  ///   - changes: changes to the scenario that apply to every trial.
  ///   - name: the name in results; the kind and the name of the first scenario without it.
  ///   - axes: the parameters that vary, the last axis fastest.
  ///   - programVersion: recorded with every result.
  ///   - intervals: how the intervals of every trial's figures are found.
  ///   - shared: costs that experiments of one search have in common; they change no result.
  /// - Precondition: there is a scenario, every axis has a value, and there are at most
  ///   `trialLimit` combinations.
  package init(
    kind: String, _ documents: [ScenarioDocument],
    _ changes: ScenarioChanges = ScenarioChanges(), name: String? = nil, axes: [ExperimentAxis],
    programVersion: String, intervals: IntervalChoice = .without,
    shared: SharedCosts = SharedCosts()
  ) {
    precondition(!documents.isEmpty, "an experiment has a scenario")
    self.shared = shared
    self.kind = kind
    self.documents = documents
    self.changes = changes
    self.axes = axes
    self.programVersion = programVersion
    self.intervals = intervals
    self.name = name ?? "\(kind) \(documents[0].words(of: "name", changes) ?? "")"
    precondition(axes.allSatisfy { !$0.values.isEmpty }, "an axis has a value")
    precondition(count <= Self.trialLimit, "an experiment has at most \(Self.trialLimit) trials")
  }

  /// Number of trials.
  package var count: Int { axes.pointCount }

  /// The axes as they are stored.
  package var axisRecords: [AxisRecord] { axes.map(\.record) }

  /// The scenario file of a trial and all changes to it.
  private func source(at index: Int) -> (document: ScenarioDocument, changes: ScenarioChanges) {
    let values = axes.values(at: index)
    return (
      documents[values.lazy.compactMap(\.scenario).first ?? 0],
      changes.adding(values.flatMap(\.settings))
    )
  }

  /// The parameters of a trial as shown in results, in the order of the axes.
  package func parameters(at index: Int) -> [(key: String, value: String)] {
    zip(axes, axes.values(at: index)).flatMap { axis, value in
      zip(axis.keys, value.labels).map { (key: $0, value: $1) }
    }
  }

  /// The values of a key, in the order of its axis; empty for a key that does not vary.
  package func labels(of key: String) -> [String] {
    axes.flatMap { axis in
      axis.keys.firstIndex(of: key).map { place in axis.values.map { $0.labels[place] } } ?? []
    }
  }

  /// Hexadecimal SHA-256 of everything that determines the trials: equal hashes mean equal trials.
  ///
  /// - Parameter version: stands for the program; equal versions give equal results.
  package func hash(version: String) -> String {
    let values = axes.flatMap(\.values)
    let rows = values.map { value in
      RecordValue.array(
        value.labels.map(RecordValue.text)
          + value.settings.map { .array([.text($0.key), $0.value.map(RecordValue.text) ?? .null]) })
    }
    var files: [(name: String, value: RecordValue)] = []
    for document in documents {
      for settings in [[]] + values.map(\.settings) {
        for file in document.companions(changes.adding(settings))
        where !files.contains(where: { $0.name == file.name }) {
          let digest = SHA256.hexDigest(Array(file.bytes ?? Data()))
          files.append((file.name, .text(digest)))
        }
      }
    }
    let identity = RecordValue.object([
      (
        "axes",
        .array(
          axes.map { axis in
            .array(
              axis.keys.map(RecordValue.text) + [.integer(Int64(axis.values.count))]
                + (axis.design.map { [.text($0.kind.rawValue)] } ?? []))
          })
      ),
      ("files", .object(files)),
      ("kind", .text(kind)),
      ("name", .text(name)),
      ("scenarios", .array(documents.map { $0.canonical(changes) })),
      ("texts", .array(documents.map { .text($0.text) })),
      ("settings", .array(changes.recorded.map { .text("\($0.key)=\($0.value ?? "")") })),
      ("values", .array(rows)),
      ("version", .text(version)),
      ("draws", .text(intervals.name)),
    ])
    return SHA256.hexDigest(Array(identity.compact.utf8))
  }

  /// Hexadecimal SHA-256 of a trial: the canonical form of its scenario, and the files that it
  /// names. Trials with equal identities have equal results, however their scenarios are written.
  ///
  /// - Parameters:
  ///   - index: number of the trial, from 0.
  ///   - version: as for `hash`.
  package func identity(at index: Int, version: String) -> String {
    let (document, changes) = source(at: index)
    let files = document.companions(changes).map {
      (name: $0.name, value: RecordValue.text(SHA256.hexDigest(Array($0.bytes ?? Data()))))
    }
    let identity = RecordValue.object([
      ("files", .object(files)), ("scenario", document.canonical(changes)),
      ("version", .text(version)),
    ])
    return SHA256.hexDigest(Array(identity.compact.utf8))
  }

  /// The scenario of a trial.
  ///
  /// - Throws: `ScenarioProblem` if the trial's settings do not make a valid scenario.
  package func scenario(at index: Int) throws(ScenarioProblem) -> Scenario {
    let (document, changes) = source(at: index)
    return try document.scenario(changes)
  }

  /// The scenarios of all trials, resolved in parallel, or their problems.
  package func scenarios(workers: Int) -> [Result<Scenario, ScenarioProblem>] {
    var found: [Result<Scenario, ScenarioProblem>] = []
    InOrder.run(0..<count, workers: workers) { index in
      Result { () throws(ScenarioProblem) in try scenario(at: index) }
    } deliver: {
      found.append($0)
    }
    return found
  }

  /// Runs trials in parallel. The sink receives each in the order given, as soon as it and all
  /// earlier ones are complete. Values do not depend on the number of workers.
  ///
  /// A trial that is refused, or fails because of a bug, is delivered with its reason.
  ///
  /// - Throws: what the sink throws.
  package func run(
    _ indices: some RandomAccessCollection<Int> & Sendable, workers: Int,
    sink: (TimedTrial) throws -> Void
  ) throws {
    let indices = Array(indices)
    try InOrder.run(
      0..<indices.count, workers: workers, work: { trial(at: indices[$0]) }, deliver: sink)
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

  func trial(at index: Int) -> TimedTrial {
    let start = Date.now
    let trial = TrialRecord(
      index: index, parameters: parameters(at: index), outcome: outcome(at: index))
    return TimedTrial(
      trial: trial, startedAt: start, seconds: Date.now.timeIntervalSince(start))
  }

  private func outcome(at index: Int) -> TrialRecord.Outcome {
    do {
      let trial = Trial(try scenario(at: index), programVersion: programVersion, shared: shared)
      return .ran(try trial.run(triesRemedies: false, intervals: intervals))
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
  /// Its problems with keys and advice on one line, as the reason for a refused trial.
  var reason: String {
    diagnostics.map { problem in
      (problem.keyPath.isEmpty ? "" : "\(problem.keyPath): ") + problem.reason
    }.joined(separator: "; ")
  }
}

extension Diagnostic {
  /// Message and advice on one line.
  var reason: String { message + (advice.map { " (\($0))" } ?? "") }
}
