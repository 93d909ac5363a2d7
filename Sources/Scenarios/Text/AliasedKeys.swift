// Moves keys with another name to the native ones, before anything is set or checked. A problem
// with a value then states the native key, at the place of the written one.

import Recording
import Text

/// A document with native keys only.
struct AliasedKeys {
  private(set) var document: DocumentNode
  private(set) var problems: [Diagnostic] = []

  /// The native form of a document. Two names of one key are a problem, at the later one.
  init(_ document: DocumentNode) {
    self.document = document
    for (parent, aliases) in Alias.all {
      for alias in aliases { move(alias, from: parent) }
    }
  }

  private mutating func move(_ alias: Alias, from parent: [String]) {
    guard alias.path != parent + [alias.name],
      let entry = document.entry(alias.name, in: parent)
    else { return }
    document = document.removing(alias.name, in: parent)
    // Selective recomputation is that of the modules, if there are any.
    let isDefault = entry.value.isWord("selective") && alias.name == MegatronNames.granularity
    if isDefault, document.entry(MegatronNames.modules, in: parent) != nil { return }
    guard !document.has(alias.key) else {
      let place = entry.keyPlace
      problems.append(
        Diagnostic(
          source: place.source, line: place.line, column: place.column,
          keyPath: (parent + [alias.name]).joined(separator: "."),
          message: "is another name of \(alias.key), which is written too",
          allowed: "expected: one of them"))
      return
    }
    var moved = entry
    moved.key = alias.path[alias.path.count - 1]
    moved.value = alias.converted(entry.value)
    document = document.adding(moved, in: Array(alias.path.dropLast()))
  }
}

extension DocumentNode {
  /// The entry of a key in the mapping at a path.
  fileprivate func entry(_ key: String, in path: [String]) -> DocumentEntry? {
    let mapping = path.reduce(self as DocumentNode?) { node, name in
      node?.entries?.first { $0.key == name }?.value
    }
    return mapping?.entries?.first { $0.key == key }
  }

  fileprivate func removing(_ key: String, in path: [String]) -> DocumentNode {
    changing(path[...]) { $0.filter { $0.key != key } }
  }

  /// The document with an entry in the mapping at a path, which is made if it is absent.
  fileprivate func adding(_ entry: DocumentEntry, in path: [String]) -> DocumentNode {
    changing(path[...], making: entry.keyPlace) { $0 + [entry] }
  }

  private func changing(
    _ path: ArraySlice<String>, making place: Place? = nil,
    _ change: ([DocumentEntry]) -> [DocumentEntry]
  ) -> DocumentNode {
    guard case .mapping(var entries) = content else { return self }
    guard let name = path.first else {
      return DocumentNode(content: .mapping(change(entries)), place: self.place)
    }
    if let index = entries.firstIndex(where: { $0.key == name }) {
      entries[index].value = entries[index].value.changing(
        path.dropFirst(), making: place, change)
    } else if let place {
      let empty = DocumentNode(content: .mapping([]), place: place)
      entries.append(
        DocumentEntry(
          key: name, keyPlace: place,
          value: empty.changing(path.dropFirst(), making: place, change)))
    }
    return DocumentNode(content: .mapping(entries), place: self.place)
  }
}
