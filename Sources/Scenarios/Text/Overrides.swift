// `--set KEY=VALUE` and `--unset KEY`: changes to the document before it is checked, so that every
// check applies.

import Recording
import Text
import Units

/// Applies settings to a document.
struct Overrides {
  private let root: Record

  init(root: Record) {
    self.root = root
  }

  /// One parsed setting.
  private struct Change {
    var path: [String]
    /// The new content of the key.
    var content: DocumentNode
    var place: Place
  }

  /// The document with these settings applied in order, and the problems of invalid settings.
  ///
  /// A key below a catalogue name takes it as base: `cluster.node.nic=...` on `node: h800-sxm`
  /// gives `node: {base: h800-sxm, nic: ...}`. A key replaces keys that exclude it, for example
  /// `training.global_batch` replaces `training.microbatches`. A key without value is removed.
  func apply(_ settings: [Setting], to document: DocumentNode) -> (DocumentNode, [Diagnostic]) {
    var document = document
    var problems: [Diagnostic] = []
    for setting in settings {
      do throws(ScenarioProblem) {
        document = try set(try read(setting), in: document, at: 0)
      } catch {
        problems += error.diagnostics
      }
    }
    return (document, problems)
  }

  private func read(_ setting: Setting) throws(ScenarioProblem) -> Change {
    let key = setting.key
    let source = setting.value == nil ? "--unset \(key)" : "--set \(key)"
    let written = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let alias = Alias.at(written)
    let path = alias?.path ?? written
    guard !path.contains(""), path.count <= TextLimits.nesting else {
      throw refusal(source, "\(quoted(key)) is not a key such as training.schedule")
    }
    let place = Place(source: source)
    guard let value = setting.value else {
      if let unknown = root.unknownKey(in: path) {
        throw .badData([
          Diagnostic(
            source: source, line: nil, column: nil, keyPath: key, message: unknown.message,
            allowed: unknown.allowed, suggestion: unknown.suggestion)
        ])
      }
      return Change(
        path: path, content: DocumentNode(content: .removed, place: place), place: place)
    }
    guard !(key + value).unicodeScalars.contains(where: isControl) else {
      throw refusal(source, "has a line break or a control character")
    }
    guard !value.trimmingSpaces().isEmpty else {
      let nothing = DocumentNode(content: .scalar("", isPlain: true), place: place)
      return Change(path: path, content: nothing, place: place)
    }
    var reader = DocumentReader(source: source, hasLines: false)
    let content = try reader.read(value)
    return Change(path: path, content: alias?.converted(content) ?? content, place: place)
  }

  private func refusal(_ source: String, _ message: String) -> ScenarioProblem {
    .badData([
      Diagnostic(source: source, line: nil, column: nil, keyPath: "", message: message)
    ])
  }

  private func set(
    _ change: Change, in node: DocumentNode, at depth: Int
  ) throws(ScenarioProblem) -> DocumentNode {
    guard depth < change.path.count else { return change.content }
    let name = change.path[depth]
    let isLast = depth == change.path.count - 1
    var entries: [DocumentEntry]
    switch node.content {
    case .mapping(let existing): entries = existing
    case .removed: entries = []
    case .scalar where node.isNull: entries = []
    // A catalogue name has no keys to remove.
    case .scalar where change.content.isRemoved: return node
    case .scalar:
      let base = DocumentEntry(key: "base", keyPlace: node.place, value: node)
      entries = name == "base" ? [] : [base]
    case .sequence:
      let parent = change.path[..<depth].joined(separator: ".")
      throw refusal(change.place.source, "\(quoted(parent)) is a list: set it as a whole")
    }
    if isLast, !change.content.isRemoved {
      let excluded = root.excluded(by: change.path)
      entries.removeAll { excluded.contains($0.key) }
    }
    if let index = entries.firstIndex(where: { $0.key == name }) {
      let old = entries[index].value
      entries[index].value = try set(change, in: old, at: depth + 1)
      if isLast || isMistaken(change, below: old) { entries[index].keyPlace = change.place }
    } else if isLast || !change.content.isRemoved {
      let empty = DocumentNode(content: .mapping([]), place: change.place)
      entries.append(
        DocumentEntry(
          key: name, keyPlace: change.place, value: try set(change, in: empty, at: depth + 1)))
    }
    return DocumentNode(content: .mapping(entries), place: node.place)
  }

  /// Whether an option makes a mapping of a value that has no such key: it is wrong then, and not
  /// the file.
  private func isMistaken(_ change: Change, below node: DocumentNode) -> Bool {
    guard case .scalar = node.content else { return false }
    return root.unknownKey(in: change.path) != nil
  }
}
