// The canonical form of a scenario: the same for every way to write the same keys and values. Names
// are those of this program, keys are sorted, quantities are numbers in base units. It says which
// trials are equal; it is not a file that the program reads.

import Recording
import Units

extension ScenarioDocument {
  /// The canonical form under some changes; a value that is not valid stays as it is written.
  package func canonical(_ changes: ScenarioChanges) -> RecordValue {
    let (document, _) = Overrides(root: ScenarioKeys.record).apply(changes.recorded, to: root)
    return Canonical.form(of: document, .record(ScenarioKeys.record))
  }
}

/// Turns checked values into JSON.
private enum Canonical {
  /// The form of a node: its checked value, or its text if it is not valid.
  static func form(of node: DocumentNode, _ kind: Kind?) -> RecordValue {
    if let entries = node.entries {
      let members = entries.map { entry in
        (name: entry.key, value: form(of: entry.value, member(entry.key, of: kind)))
      }
      return .object(members.sorted { $0.name < $1.name })
    }
    if case .sequence(let items) = node.content {
      var item: Kind?
      if case .list(let kind, _, _) = kind { item = kind }
      if case .oneOrMore(let kind, _) = kind { item = kind }
      return .array(items.map { form(of: $0, item) })
    }
    if let kind, kind.record == nil {
      let problems = Problems(in: node, known: [])
      let value = Checker(problems: problems).value(node, kind, "", at: node.place)
      if let value, problems.diagnostics.isEmpty { return json(value, node) }
    }
    return text(node)
  }

  /// The kind of a key of a mapping.
  private static func member(_ name: String, of kind: Kind?) -> Kind? {
    if case .named(_, let record) = kind { return .record(record) }
    return kind?.record?.keys.first { $0.name == name }?.kind
  }

  private static func json(_ value: Value, _ node: DocumentNode) -> RecordValue {
    switch value {
    case .text(let text): .text(text)
    case .flag(let flag): .bool(flag)
    case .integer(let integer): .integer(Int64(integer))
    case .number(let number): Kind.number(number)
    case .word, .list, .fields, .named: text(node)
    }
  }

  private static func text(_ node: DocumentNode) -> RecordValue {
    if case .scalar(let text, _) = node.content { return .text(text) }
    return .null
  }
}
