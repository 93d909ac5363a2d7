// A scenario: the machine, the model and the question that a person asks, read and checked.

import Cluster
import ModelCost
import Recording

/// A valid scenario. Nothing that receives one needs to check it again.
package struct Scenario: Sendable {
  /// Name in results.
  package let name: String
  /// Seed of every random stream.
  package let seed: UInt64
  package let cluster: ClusterSpec
  package let model: ModelSpec
  package let question: Question
  /// The text of the file, each line of an order of the user's own added as `# order: ...`.
  package let text: String
  /// What was changed in the file's text before it was checked, a seed of the caller's last.
  package var settings: [Setting] { changes.recorded }

  /// Who reads the routing traces that the question refers to.
  package var traces: TraceFiles { document.traces }

  let document: ScenarioDocument
  let changes: ScenarioChanges

  /// Reads a scenario from a file.
  ///
  /// - Parameters:
  ///   - overrides: settings as `training.schedule=zb_h1`, later ones last.
  ///   - seed: the seed instead of the file's; recorded as a setting.
  ///   - traces: who reads routing traces.
  /// - Throws: `ScenarioProblem.noInput` where there is no file to read; `.badData` with every
  ///   problem of the content.
  package static func load(
    path: String, overrides: [String] = [], unset: [String] = [], seed: UInt64? = nil,
    traces: TraceFiles = .unread
  ) throws(ScenarioProblem) -> Scenario {
    try ScenarioDocument(path: path, traces: traces).scenario(
      ScenarioChanges(overrides: overrides, unset: unset, seed: seed))
  }

  /// Reads a scenario from its text; `file` is the name for messages. Otherwise as `load`.
  package static func decode(
    text: String, file: String, overrides: [String] = [], unset: [String] = [],
    seed: UInt64? = nil, traces: TraceFiles = .unread
  ) throws(ScenarioProblem) -> Scenario {
    try ScenarioDocument(text: text, file: file, traces: traces).scenario(
      ScenarioChanges(overrides: overrides, unset: unset, seed: seed))
  }

  /// The scenario with more settings, after those that it has: resolved and checked again.
  ///
  /// - Throws: `ScenarioProblem.badData` where the result is not a valid scenario.
  package func changed(by settings: [Setting]) throws(ScenarioProblem) -> Scenario {
    try document.scenario(changes.adding(settings))
  }

  /// The settings without those that take out a key which is not there.
  package func needed(of settings: [Setting]) -> [Setting] {
    settings.filter { $0.value != nil || document.words(of: $0.key, changes) != nil }
  }
}
