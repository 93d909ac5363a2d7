// What is changed in a scenario before it is read: the options of a command, or a point of an
// experiment.

import Recording
import Text

/// Settings in the order in which they are applied, and a seed.
package struct ScenarioChanges: Sendable {
  /// Later ones last.
  package private(set) var settings: [Setting]
  /// The seed instead of the file's.
  package let seed: UInt64?
  /// Problems of texts that are not settings.
  let problems: [Diagnostic]

  /// Settings in their order, and the seed.
  package init(settings: [Setting] = [], seed: UInt64? = nil) {
    self.settings = settings
    self.seed = seed
    problems = []
  }

  /// The changes of `--unset KEY`, then of `--set KEY=VALUE`; what has another form is
  /// reported with the problems of the scenario.
  package init(overrides: [String], unset: [String] = [], seed: UInt64? = nil) {
    var settings = unset.map { Setting($0, nil) }
    var problems: [Diagnostic] = []
    for text in overrides {
      guard let equals = text.firstIndex(of: "=") else {
        problems.append(
          Diagnostic(
            source: "--set \(text)", line: nil, column: nil, keyPath: "",
            message: "\(quoted(text)) is not KEY=VALUE"))
        continue
      }
      settings.append(
        Setting(String(text[..<equals]), String(text[text.index(after: equals)...])))
    }
    self.settings = settings
    self.seed = seed
    self.problems = problems
  }

  /// The changes with more settings after their own.
  package func adding(_ more: [Setting]) -> ScenarioChanges {
    var changes = self
    changes.settings += more
    return changes
  }

  /// All of it as settings.
  package var recorded: [Setting] { settings + (seed.map { [Setting("seed", String($0))] } ?? []) }
}
