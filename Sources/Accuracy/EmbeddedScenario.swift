// The scenarios of published figures, compiled in, so that the command works in any folder.

import Scenarios

/// The scenarios in the folder `Embedded`.
enum EmbeddedScenario {
  /// A scenario file by its name without ending; nil for an unknown name.
  ///
  /// - Throws: `ScenarioProblem` for text that is not YAML.
  static func document(_ name: String) throws(ScenarioProblem) -> ScenarioDocument? {
    guard let entry = embeddedTexts.first(where: { $0.name == name }) else { return nil }
    return try ScenarioDocument(text: entry.text, file: "\(name).yaml")
  }
}
