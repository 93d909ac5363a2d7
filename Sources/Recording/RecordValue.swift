// A value of a record without a fixed schema: named numbers and texts, and lists of them, in full
// precision and in print order. The figures of a run are metrics instead.

/// A number, a text, a boolean, or a list or object of them.
package indirect enum RecordValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  case array([RecordValue])
  /// Members in print order; names are unique and end with the unit.
  case object([(name: String, value: RecordValue)])

  /// The member of an object with this name; null if there is none.
  package subscript(name: String) -> RecordValue {
    guard case .object(let members) = self else { return .null }
    return members.first { $0.name == name }?.value ?? .null
  }

  /// The values of a list; empty for anything else.
  package var items: [RecordValue] {
    if case .array(let values) = self { values } else { [] }
  }

  /// The members of an object; empty for anything else.
  package var members: [(name: String, value: RecordValue)] {
    if case .object(let members) = self { members } else { [] }
  }

  /// The value as a number; nil if it is not one.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    case .null, .bool, .text, .array, .object: nil
    }
  }

  /// The value of an integer; 0 for anything else.
  package var integer: Int64 {
    if case .integer(let value) = self { value } else { 0 }
  }

  /// The text; empty for anything else.
  package var words: String {
    if case .text(let words) = self { words } else { "" }
  }
}

extension RecordValue: Equatable {
  package static func == (first: Self, second: Self) -> Bool {
    switch (first, second) {
    case (.null, .null): true
    case (.bool(let first), .bool(let second)): first == second
    case (.integer(let first), .integer(let second)): first == second
    case (.real(let first), .real(let second)): first == second
    case (.text(let first), .text(let second)): first == second
    case (.array(let first), .array(let second)): first == second
    case (.object(let first), .object(let second)): first.elementsEqual(second, by: ==)
    default: false
    }
  }
}

/// A type whose values can be stored in a record.
package protocol Recordable {
  /// The value as stored in a record.
  var recorded: RecordValue { get }
}

extension RecordValue: Recordable {
  package var recorded: RecordValue { self }
}

extension Bool: Recordable {
  package var recorded: RecordValue { .bool(self) }
}

extension Int: Recordable {
  package var recorded: RecordValue { .integer(Int64(self)) }
}

extension Double: Recordable {
  package var recorded: RecordValue { .real(self) }
}

extension String: Recordable {
  package var recorded: RecordValue { .text(self) }
}

extension Optional: Recordable where Wrapped: Recordable {
  package var recorded: RecordValue { self?.recorded ?? .null }
}

extension Array: Recordable where Element: Recordable {
  package var recorded: RecordValue { .array(map(\.recorded)) }
}

extension RecordValue: ExpressibleByDictionaryLiteral {
  /// Makes an object: `["layer": 3, "time_s": seconds]`.
  package init(dictionaryLiteral members: (String, any Recordable)...) {
    self = .object(members.map { (name: $0, value: $1.recorded) })
  }
}
