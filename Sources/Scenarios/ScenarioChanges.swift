// Changes to a scenario before it is checked: the options of a command, or a point of an
// experiment.

import Recording
import Text

/// Settings and a seed that change a scenario.
package struct ScenarioChanges: Sendable {
  /// Settings in the order of application.
  package private(set) var settings: [Setting]
  /// Seed that replaces the file's; nil to keep it.
  package let seed: UInt64?
  /// Problems of malformed settings.
  let problems: [Diagnostic]

  /// Creates changes from settings, in the order of application, and a seed.
  package init(settings: [Setting] = [], seed: UInt64? = nil) {
    self.settings = settings
    self.seed = seed
    problems = []
  }

  /// Creates changes from `--unset KEY`, then from `--set KEY=VALUE`; malformed ones are reported
  /// with the problems of the scenario.
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

  /// The changes with further settings appended.
  package func adding(_ more: [Setting]) -> ScenarioChanges {
    var changes = self
    changes.settings += more
    return changes
  }

  /// All changes as settings, the seed last.
  package var recorded: [Setting] { settings + (seed.map { [Setting("seed", String($0))] } ?? []) }
}
