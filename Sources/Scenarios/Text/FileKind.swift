// Tells by its keys what a file is, for users who give a command a file that is for another one:
// one hint instead of a problem for every key.

import Text

/// The kinds of files that are taken for one another.
enum FileKind: Equatable {
  case scenario
  case sweep
  /// A Hugging Face configuration of a model.
  case modelConfig

  /// The kind of a document; nil if its keys tell none for certain.
  init?(of document: DocumentNode) {
    let keys = document.entries?.map(\.key) ?? []
    func has(_ names: String...) -> Bool { names.contains(where: keys.contains) }
    let namesScenarios = has(SweepKeys.scenario.name, SweepKeys.scenarios.name)
    let hasCluster = has(ScenarioKeys.cluster.name)
    switch (namesScenarios, hasCluster) {
    case (true, false): self = .sweep
    case (false, true) where has(ScenarioKeys.model.name): self = .scenario
    case (false, false) where has("architectures", "model_type"): self = .modelConfig
    default: return nil
    }
  }

  /// The problem of a file of this kind where another one belongs.
  ///
  /// - Parameter file: name of the file in messages.
  func problem(in file: String) -> ScenarioProblem {
    let (what, use) =
      switch self {
      case .scenario: ("is a scenario, not a sweep", "run it with: dsv3sim run \(file)")
      case .sweep: ("is a sweep, not a scenario", "run it with: dsv3sim sweep \(file)")
      case .modelConfig:
        (
          "is the configuration of a model, not a scenario",
          "name it in a scenario: model: {config: \(file)}"
        )
      }
    return .badData([
      Diagnostic(source: file, line: nil, column: nil, keyPath: "", message: what, allowed: use)
    ])
  }
}
