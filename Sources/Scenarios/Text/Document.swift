// A YAML document as a plain tree with places: nothing interpreted, nothing expanded twice.

import Text

/// The place of a node in a file or an option.
struct Place: Hashable, Sendable {
  /// The file, or the option that set the value.
  var source: String
  /// 1-based; nil for an option.
  var line: Int?
  /// 1-based; nil for an option.
  var column: Int?
}

/// A node of the document.
struct DocumentNode: Sendable {
  /// The content of a node.
  enum Content: Sendable {
    /// The text of a scalar; a plain one is unquoted and may be a number, a flag or empty.
    case scalar(String, isPlain: Bool)
    case sequence([DocumentNode])
    case mapping([DocumentEntry])
    /// The key was removed by a setting: treated as absent, but messages point to the setting.
    case removed
  }

  var content: Content
  var place: Place

  /// The node's keys and values; nil if it is not a mapping.
  var entries: [DocumentEntry]? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.filter { !$0.value.isRemoved }
  }

  /// The option that removed a key from the mapping; nil if none did.
  func removal(of key: String) -> Place? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key && $0.value.isRemoved }?.keyPlace
  }

  /// Whether a setting removed the key.
  var isRemoved: Bool {
    if case .removed = content { true } else { false }
  }

  /// Whether there is no value: an empty plain scalar, `~` or `null`.
  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The kind of the node, for messages.
  var kindWord: String {
    switch content {
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .removed: "nothing"
    }
  }
}

/// A key of a mapping with its value.
struct DocumentEntry: Sendable {
  var key: String
  var keyPlace: Place
  var value: DocumentNode

  /// The place of problems with the value: the value itself, or the key of a larger block.
  var valuePlace: Place {
    if case .scalar = value.content, !value.isNull { return value.place }
    return keyPlace
  }
}

extension DocumentNode {
  /// The node of a key such as `training.parallel.pipeline`; nil if it is absent.
  func node(at keyPath: String) -> DocumentNode? {
    keyPath.split(separator: ".").reduce(self as DocumentNode?) { node, name in
      node?.entries?.first { $0.key == name }?.value
    }
  }

  /// The place of a key such as `training.parallel.pipeline` or `service.classes[1].name`, of the
  /// option that removed it, or of its nearest ancestor.
  func place(of keyPath: String) -> Place {
    var best = place
    var node = self
    for name in keyPath.split(separator: ".").map(String.init) {
      let (key, index) = Self.indexed(name)
      guard let entry = node.entries?.first(where: { $0.key == key }) else {
        return node.removal(of: key) ?? best
      }
      best = entry.valuePlace
      node = entry.value
      guard let index else { continue }
      guard case .sequence(let items) = node.content, items.indices.contains(index) else {
        return best
      }
      best = items[index].place
      node = items[index]
    }
    return best
  }

  /// The key and the index of a part of a path such as `faults[2]`.
  private static func indexed(_ name: String) -> (key: String, index: Int?) {
    guard name.hasSuffix("]"), let bracket = name.lastIndex(of: "["),
      let index = Int(name[name.index(after: bracket)...].dropLast())
    else { return (name, nil) }
    return (String(name[..<bracket]), index)
  }

  /// Whether there is a key such as `training.parallel.pipeline`.
  func has(_ keyPath: String) -> Bool {
    var node = self
    for name in keyPath.split(separator: ".").map(String.init) {
      guard let entry = node.entries?.first(where: { $0.key == name }) else { return false }
      node = entry.value
    }
    return true
  }
}

/// A problem with one value, before its key and place are added.
struct ValueProblem: ExplainedError {
  var message: String
  var allowed: String?
  var suggestion: String?
  /// Whether the problem is that a named file does not exist.
  var isMissingFile = false

  init(_ message: String, allowed: String? = nil, suggestion: String? = nil) {
    self.message = message
    self.allowed = allowed
    self.suggestion = suggestion
  }

  /// Creates a problem from another room's explanation.
  init(_ explanation: Explanation) {
    message = explanation.place.isEmpty ? "" : "\(explanation.place): "
    message += explanation.message
    allowed = explanation.advice.isEmpty ? nil : explanation.advice.joined(separator: "; ")
  }

  var explanations: [Explanation] { [Explanation(message, advice: allowed)] }
}
