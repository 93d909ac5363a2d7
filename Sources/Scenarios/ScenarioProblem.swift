// Errors of loading a scenario: the file could not be read, or its content has problems.

import Text

/// An error of `Scenario.load`, with every problem found.
package enum ScenarioProblem: ExplainedError, Hashable {
  /// The path is not a readable file.
  case noInput(path: String, reason: String, suggestion: String?)
  /// The content is not a valid scenario; never empty, in the order of the file.
  case badData([Diagnostic])

  package var exitStatus: ExitStatus {
    switch self {
    case .noInput: .noInput
    case .badData(let diagnostics):
      diagnostics.allSatisfy(\.isMissingFile) ? .noInput : .badData
    }
  }

  package var explanations: [Explanation] {
    switch self {
    case .noInput(let path, let reason, let suggestion):
      [Explanation(reason, at: path, advice: suggestion.map { "did you mean \(quoted($0))?" })]
    case .badData(let diagnostics): diagnostics.map(\.explanation)
    }
  }

  /// Every problem of the content; empty if the file could not be read.
  package var diagnostics: [Diagnostic] {
    switch self {
    case .noInput: []
    case .badData(let diagnostics): diagnostics
    }
  }
}

/// One problem of a scenario: place, message, allowed values and a suggestion.
package struct Diagnostic: Hashable, Sendable {
  /// The file, or the option that set the value, for example `--set training.schedule`.
  package var source: String
  /// Line in the file, 1-based; nil for an option.
  package var line: Int?
  /// Column in the line, 1-based, in Unicode scalars; nil for an option.
  package var column: Int?
  /// The key, for example `training.parallel.pipeline`; empty for the file as a whole.
  package var keyPath: String
  /// The problem, with the user's own word in quotes.
  package var message: String
  /// Valid values with a label: `known: ...`, `expected: ...`, `allowed: ...`.
  package var allowed: String?
  /// The word that the user probably meant.
  package var suggestion: String?
  /// Whether the problem is that a file named by the scenario does not exist.
  package var isMissingFile = false
}

extension Diagnostic {
  /// Place, key, message and advice.
  package var explanation: Explanation {
    let place = [source, line.map(String.init), column.map(String.init)].compactMap { $0 }
    return Explanation(
      keyPath.isEmpty ? message : "\(keyPath): \(message)", at: place.joined(separator: ":"),
      advice: advice)
  }

  /// Valid values, and the word that was probably meant; nil if neither is known.
  package var advice: String? {
    let parts = [allowed, suggestion.map { "did you mean \(quoted($0))?" }].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "   ")
  }
}
