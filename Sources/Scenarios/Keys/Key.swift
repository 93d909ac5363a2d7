// How a key of a scenario is declared: once, for the decoder, the messages and the JSON Schema.

import Recording
import Text
import Units

/// A key with the Swift type of its value.
struct Key<Value: KeyValue>: Sendable {
  let declaration: Declaration
  /// The value of an absent key; nil where it is required, or follows from other keys.
  let fallback: Value?

  /// A key that may be absent, then `fallback` holds; or, without one, what `doc` says.
  init(_ name: String, _ kind: Kind, fallback: Value? = nil, _ doc: String) {
    declaration = Declaration(
      name: name, kind: kind, presence: .optional, doc: doc, defaultJSON: fallback?.json)
    self.fallback = fallback
  }

  /// A key that must be there, always or unless a catalogue entry is the base.
  init(_ name: String, _ kind: Kind, _ presence: Presence, _ doc: String) {
    declaration = Declaration(
      name: name, kind: kind, presence: presence, doc: doc, defaultJSON: nil)
    fallback = nil
  }

  var name: String { declaration.name }
}

/// Whether a key must be written.
enum Presence: Sendable {
  case optional
  case required
  /// Required unless the mapping, or one around it, starts from a catalogue entry by `base`.
  case requiredWithoutBase
}

/// A key without its Swift type.
struct Declaration: Sendable {
  var name: String
  var kind: Kind
  var presence: Presence
  /// What the key means and what holds where it is absent; one or two sentences.
  var doc: String
  var defaultJSON: RecordValue?
}

/// The form of a value.
indirect enum Kind: Sendable {
  /// A line of text.
  case text
  case flag
  case choice([String])
  /// One of some words, or a whole number.
  case wordOrInteger([String], ClosedRange<Int>)
  /// The name of a catalogue entry.
  case name(catalogue: [String])
  /// The name of a pipeline schedule, or one of its other names.
  case schedule
  case integer(ClosedRange<Int>)
  /// A number without unit.
  case number(ClosedRange<Double>)
  /// A number with an optional noun, such as `4096 tokens`.
  case count(noun: String, ClosedRange<Double>, isWhole: Bool)
  case quantity(QuantityKind)
  /// A list without repetition where `isSet`.
  case list(Kind, isSet: Bool, count: ClosedRange<Int>)
  case record(Record)
  /// A name of the catalogue, or a mapping that describes an entry.
  case entry(catalogue: [String], Record)
  /// A word with a meaning of its own, or another kind.
  case either(word: String, Kind)

  /// The record that a mapping of this kind follows.
  var record: Record? {
    switch self {
    case .record(let record), .entry(_, let record): record
    case .either(_, let kind): kind.record
    default: nil
    }
  }
}

/// The keys of a mapping.
struct Record: Sendable {
  var keys: [Declaration]
  /// Groups of keys of which exactly one is written.
  var exactlyOne: [[String]]

  init(_ keys: [Declaration], exactlyOne: [[String]] = []) {
    self.keys = keys
    self.exactlyOne = exactlyOne
  }

  /// The keys beside the last one of `path` that cannot stand with it.
  func excluded(by path: [String]) -> [String] {
    guard let last = path.last, let record = record(at: path.dropLast()) else { return [] }
    return record.exactlyOne.filter { $0.contains(last) }.flatMap { $0.filter { $0 != last } }
  }

  /// What is wrong with the first name of a path that is not a key; nil where all are.
  func unknownKey(in path: [String]) -> ValueProblem? {
    for (depth, name) in path.enumerated() {
      guard let record = record(at: path[..<depth]) else {
        let parent = path[..<depth].joined(separator: ".")
        return ValueProblem("\(quoted(parent)) has no keys of its own")
      }
      if !record.keys.contains(where: { $0.name == name }) { return record.unknown(name) }
    }
    return nil
  }

  /// The problem of a name that is not a key here.
  func unknown(_ name: String) -> ValueProblem {
    let names = keys.map(\.name)
    return ValueProblem(
      "\(quoted(name)) is not a key here", allowed: "known: " + names.joined(separator: ", "),
      suggestion: nearest(to: name, among: names))
  }

  /// The keys below a path; nil where it leads to none.
  private func record(at path: ArraySlice<String>) -> Record? {
    path.reduce(self as Record?) { record, name in
      record?.keys.first { $0.name == name }?.kind.record
    }
  }
}

/// A physical quantity with the range that is sane for a key.
struct QuantityKind: Sendable {
  /// What is measured, for messages.
  var noun: String
  var example: String
  var units: [String]
  /// The range in base units and as text.
  var range: ClosedRange<Double>
  var lowest: String
  var highest: String
  var parse: @Sendable (String) throws(QuantityTextProblem) -> Double
}

extension Kind {
  /// A quantity between two amounts that are written as users write them.
  ///
  /// - Precondition: both texts are quantities of this type, the lower one first.
  static func quantity<Q: TextQuantity>(
    _ type: Q.Type, _ noun: String, from lowest: String, to highest: String
  ) -> Kind {
    guard let low = try? Q(text: lowest), let high = try? Q(text: highest) else {
      preconditionFailure("\(lowest) to \(highest) is not a range of \(noun)")
    }
    return .quantity(
      QuantityKind(
        noun: noun, example: Q.example, units: Q.acceptedUnits, range: low.value...high.value,
        lowest: lowest, highest: highest,
        parse: { (text) throws(QuantityTextProblem) in try Q(text: text).value }))
  }
}
