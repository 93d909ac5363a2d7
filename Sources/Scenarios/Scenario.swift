// A scenario: a machine, a model and a question about them, read and checked.

import Cluster
import KernelTimes
import ModelCost
import Recording

/// A valid scenario, which needs no further checks.
package struct Scenario: Sendable {
  /// Name in results.
  package let name: String
  /// Seed of every random stream.
  package let seed: UInt64
  package let cluster: ClusterSpec
  package let model: ModelSpec
  package let question: Question
  /// The measured kernels that predictions start from: the compiled ones and the user's own.
  package let library: KernelLibrary
  /// The text of the file; each line of a user's own order is appended as `# order: ...`, and of
  /// a model's configuration as `# config: ...`, and of measurements as `# measurements: ...`.
  package let text: String
  /// What the user should know about it, such as what a file of counts was taken for.
  package let notes: [String]
  /// Changes to the file before it was checked; a seed from the caller comes last.
  package var settings: [Setting] { changes.recorded }

  /// Reader of the routing traces that the question refers to.
  package var traces: TraceFiles { document.traces }

  let document: ScenarioDocument
  let changes: ScenarioChanges

  /// Reads a scenario from a file.
  ///
  /// - Parameters:
  ///   - path: path of the file.
  ///   - overrides: settings such as `training.schedule=zb_h1`, in the order of application.
  ///   - unset: keys that are removed before the overrides apply.
  ///   - seed: seed that replaces the file's; recorded as a setting.
  ///   - traces: reader of routing traces.
  /// - Throws: `ScenarioProblem.noInput` if there is no file to read; `.badData` with every problem
  ///   of the content.
  package static func load(
    path: String, overrides: [String] = [], unset: [String] = [], seed: UInt64? = nil,
    traces: TraceFiles = .unread
  ) throws(ScenarioProblem) -> Scenario {
    try ScenarioDocument(path: path, traces: traces).scenario(
      ScenarioChanges(overrides: overrides, unset: unset, seed: seed))
  }

  /// Reads a scenario from its text, otherwise as `load`; `file` is the name for messages.
  package static func decode(
    text: String, file: String, overrides: [String] = [], unset: [String] = [],
    seed: UInt64? = nil, traces: TraceFiles = .unread
  ) throws(ScenarioProblem) -> Scenario {
    try ScenarioDocument(text: text, file: file, traces: traces).scenario(
      ScenarioChanges(overrides: overrides, unset: unset, seed: seed))
  }

  /// The scenario with further settings appended, resolved and checked again.
  ///
  /// - Throws: `ScenarioProblem.badData` if the result is not a valid scenario.
  package func changed(by settings: [Setting]) throws(ScenarioProblem) -> Scenario {
    try document.scenario(changes.adding(settings))
  }

  /// The settings without removals of absent keys.
  package func needed(of settings: [Setting]) -> [Setting] {
    settings.filter { $0.value != nil || document.words(of: $0.key, changes) != nil }
  }
}
