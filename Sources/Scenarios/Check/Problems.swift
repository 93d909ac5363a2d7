// The problems found so far, each at the place of its key.

import Text

/// Collects diagnostics of one document.
final class Problems {
  private let document: DocumentNode
  /// The diagnostics in the order found.
  private(set) var diagnostics: [Diagnostic]
  /// What the user should know about a valid scenario, in the order found.
  private(set) var notes: [String] = []

  init(in document: DocumentNode, known: [Diagnostic]) {
    self.document = document
    diagnostics = known
  }

  /// Adds a problem at a place.
  func add(_ refusal: ValueProblem, _ keyPath: String, at place: Place) {
    diagnostics.append(
      Diagnostic(
        source: place.source, line: place.line, column: place.column, keyPath: keyPath,
        message: refusal.message, allowed: refusal.allowed, suggestion: refusal.suggestion,
        isMissingFile: refusal.isMissingFile))
  }

  /// Adds a note.
  func note(_ text: String) { notes.append(text) }

  /// Adds problems of another document.
  func add(_ others: [Diagnostic]) { diagnostics += others }

  /// Adds a problem, unless there is one with the same key at the same place.
  func addOnce(_ diagnostic: Diagnostic) {
    let isKnown = diagnostics.contains {
      ($0.source, $0.line, $0.column, $0.keyPath)
        == (diagnostic.source, diagnostic.line, diagnostic.column, diagnostic.keyPath)
    }
    if !isKnown { diagnostics.append(diagnostic) }
  }

  /// Adds problems with a key that another room found, at its value.
  func add(_ error: some ExplainedError, _ keyPath: String) {
    for explanation in error.explanations { add(ValueProblem(explanation), keyPath) }
  }

  /// Adds a problem with a key, at its value.
  func add(_ refusal: ValueProblem, _ keyPath: String) {
    add(refusal, keyPath, at: document.place(of: keyPath))
  }

  /// Adds a problem with a key, at its value or, if absent, at the mapping that should contain it.
  func add(_ keyPath: String, _ message: String, allowed: String? = nil) {
    add(ValueProblem(message, allowed: allowed), keyPath, at: document.place(of: keyPath))
  }

  /// The place of a key's value, or of the mapping that should contain it.
  func place(of keyPath: String) -> Place { document.place(of: keyPath) }

  /// The node of a key; nil if it is absent.
  func node(at keyPath: String) -> DocumentNode? { document.node(at: keyPath) }

  /// Whether a key is in the document, from the file or from an option.
  func isWritten(_ keyPath: String) -> Bool { document.has(keyPath) }

  /// The problems in the order of the file, options last.
  var sorted: [Diagnostic] {
    diagnostics.enumerated().sorted { a, b in
      let (x, y) = (a.element, b.element)
      let left = (x.line ?? Int.max, x.column ?? 0, a.offset)
      return left < (y.line ?? Int.max, y.column ?? 0, b.offset)
    }.map(\.element)
  }
}
