// Why a scenario was not loaded: the file could not be read, or its content has problems.

/// An error of `Scenario.load`, with every problem that was found.
public enum ScenarioError: Error, Hashable, Sendable {
  /// The path names nothing that can be read as a file.
  case noInput(path: String, reason: String, suggestion: String?)
  /// The content is not a valid scenario; never empty, in the order of the file.
  case badData([Diagnostic])

  /// The exit status of a program that ends with this error, as in sysexits.h.
  public var exitStatus: Int32 {
    switch self {
    case .noInput: 66
    case .badData: 65
    }
  }

  /// Every problem of the content; empty where the file could not be read.
  public var diagnostics: [Diagnostic] {
    switch self {
    case .noInput: []
    case .badData(let diagnostics): diagnostics
    }
  }
}

extension ScenarioError: CustomStringConvertible {
  /// Problems that are printed before the rest is only counted.
  private static let printedLimit = 50

  /// The text for a terminal: a line for each problem, with a line of advice where there is any.
  public var description: String {
    switch self {
    case .noInput(let path, let reason, let suggestion):
      let advice = suggestion.map { "\n  did you mean \(quoted($0))?" } ?? ""
      return "\(path): error: \(reason)\(advice)"
    case .badData(let diagnostics):
      var lines = diagnostics.prefix(Self.printedLimit).map(\.description)
      let rest = diagnostics.count - lines.count
      if rest > 0 { lines.append("and \(rest) more problems") }
      return lines.joined(separator: "\n")
    }
  }
}

/// One problem of a scenario: where, what, what is allowed, and what to write instead.
public struct Diagnostic: Hashable, Sendable {
  /// The file, or the option that set the value, for example `--set training.schedule`.
  public var source: String
  /// Line in the file, 1-based; nil for an option.
  public var line: Int?
  /// Column in the line, 1-based, in Unicode scalars; nil for an option.
  public var column: Int?
  /// The key, for example `training.parallel.pipeline`; empty for the file as a whole.
  public var keyPath: String
  /// What is wrong, with the user's own word in quotes.
  public var message: String
  /// What would be right, with its label: `known: ...`, `expected: ...`, `allowed: ...`.
  public var allowed: String?
  /// The word that the user probably meant.
  public var suggestion: String?
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: error: key: message`, then a line with what is allowed.
  public var description: String {
    var text = source
    if let line { text += ":\(line)" }
    if let column { text += ":\(column)" }
    text += ": error: "
    if !keyPath.isEmpty { text += "\(keyPath): " }
    text += message
    if let advice { text += "\n  \(advice)" }
    return text
  }

  /// What would be right, and the word that was probably meant; nil where neither is known.
  public var advice: String? {
    let parts = [allowed, suggestion.map { "did you mean \(quoted($0))?" }].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: "   ")
  }
}
