// `--set KEY=VALUE`: changes to the document before it is checked, so that every check applies.

import Units

/// Applies overrides to a document.
struct Overrides {
  private let root: Record

  init(root: Record) {
    self.root = root
  }

  /// One override, read.
  private struct Setting {
    var path: [String]
    var value: DocumentNode
    var place: Place
  }

  /// The document with these settings, later ones last, and the problems of those that are none.
  ///
  /// A key below a catalogue name starts from it: `cluster.node.nic=...` on `node: h800-sxm` makes
  /// `node: {base: h800-sxm, nic: ...}`. A key replaces those that exclude it, as
  /// `training.global_batch` does with `training.microbatches`.
  func apply(_ overrides: [String], to document: DocumentNode) -> (DocumentNode, [Diagnostic]) {
    var document = document
    var problems: [Diagnostic] = []
    for override in overrides {
      do throws(ScenarioError) {
        let setting = try read(override)
        document = try set(setting, in: document, at: 0)
      } catch {
        problems += error.diagnostics
      }
    }
    return (document, problems)
  }

  private func read(_ text: String) throws(ScenarioError) -> Setting {
    guard let equals = text.firstIndex(of: "=") else {
      throw refusal("--set \(text)", "\(quoted(text)) is not KEY=VALUE")
    }
    let key = String(text[..<equals])
    let source = "--set \(key)"
    let path = key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !path.contains(""), path.count <= TextLimits.nesting else {
      throw refusal(source, "\(quoted(key)) is not a key such as training.schedule")
    }
    let value = String(text[text.index(after: equals)...])
    guard !text.unicodeScalars.contains(where: isControl) else {
      throw refusal(source, "has a line break or a control character")
    }
    guard !value.trimmingSpaces().isEmpty else {
      let nothing = DocumentNode(
        content: .scalar("", isPlain: true), place: Place(source: source))
      return Setting(path: path, value: nothing, place: nothing.place)
    }
    var reader = DocumentReader(source: source, hasLines: false)
    return Setting(path: path, value: try reader.read(value), place: Place(source: source))
  }

  private func refusal(_ source: String, _ message: String) -> ScenarioError {
    .badData([
      Diagnostic(source: source, line: nil, column: nil, keyPath: "", message: message)
    ])
  }

  private func set(
    _ setting: Setting, in node: DocumentNode, at depth: Int
  ) throws(ScenarioError) -> DocumentNode {
    guard depth < setting.path.count else { return setting.value }
    let name = setting.path[depth]
    var entries: [DocumentEntry]
    switch node.content {
    case .mapping(let existing): entries = existing
    case .scalar where node.isNull: entries = []
    case .scalar:
      let base = DocumentEntry(key: "base", keyPlace: node.place, value: node)
      entries = name == "base" ? [] : [base]
    case .sequence:
      let parent = setting.path[..<depth].joined(separator: ".")
      throw refusal(setting.place.source, "\(quoted(parent)) is a list: set it as a whole")
    }
    if depth == setting.path.count - 1 {
      let excluded = root.excluded(by: setting.path)
      entries.removeAll { excluded.contains($0.key) }
    }
    if let index = entries.firstIndex(where: { $0.key == name }) {
      entries[index].value = try set(setting, in: entries[index].value, at: depth + 1)
      if depth == setting.path.count - 1 { entries[index].keyPlace = setting.place }
    } else {
      let empty = DocumentNode(content: .mapping([]), place: setting.place)
      entries.append(
        DocumentEntry(
          key: name, keyPlace: setting.place, value: try set(setting, in: empty, at: depth + 1)))
    }
    return DocumentNode(content: .mapping(entries), place: node.place)
  }
}
