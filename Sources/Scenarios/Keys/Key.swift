// Declarations of scenario keys, shared by the decoder, the messages and the JSON Schema.

import Recording
import Text
import Units

/// A key with the Swift type of its value.
struct Key<Value: KeyValue>: Sendable {
  let declaration: Declaration
  /// The value of an absent key; nil if it is required, or follows from other keys.
  let fallback: Value?

  /// Creates an optional key. If absent, its value is `fallback` or, without one, as `doc` says.
  init(_ name: String, _ kind: Kind, fallback: Value? = nil, _ doc: String) {
    declaration = Declaration(
      name: name, kind: kind, presence: .optional, doc: doc, defaultJSON: fallback?.json)
    self.fallback = fallback
  }

  /// Creates a key that is required, always or unless a catalogue entry is the base.
  init(_ name: String, _ kind: Kind, _ presence: Presence, _ doc: String) {
    declaration = Declaration(
      name: name, kind: kind, presence: presence, doc: doc, defaultJSON: nil)
    fallback = nil
  }

  var name: String { declaration.name }
}

/// Whether a key is required.
enum Presence: Sendable {
  case optional
  case required
  /// Required unless the mapping, or an enclosing one, starts from another entry: from the
  /// catalogue with `base`, or from a file with `config`.
  case requiredWithoutBase
}

/// A key without its Swift type.
struct Declaration: Sendable {
  var name: String
  var kind: Kind
  var presence: Presence
  /// Meaning of the key, and its value if absent; one or two sentences.
  var doc: String
  var defaultJSON: RecordValue?
}

/// The form of a value.
indirect enum Kind: Sendable {
  /// A line of text.
  case text
  /// The contents of pipeline stages.
  case stages
  case flag
  case choice([String])
  /// One of some words, or a whole number.
  case wordOrInteger([String], ClosedRange<Int>)
  /// The name of a catalogue entry.
  case name(catalogue: [String])
  /// The name or an alias of a pipeline schedule.
  case schedule
  case integer(ClosedRange<Int>)
  /// A number without unit.
  case number(ClosedRange<Double>)
  /// A number with an optional noun, such as `4096 tokens`.
  case count(noun: String, ClosedRange<Double>, isWhole: Bool)
  case quantity(QuantityKind)
  /// A list, without repetition if `isSet`.
  case list(Kind, isSet: Bool, count: ClosedRange<Int>)
  /// A value, or a list of different ones.
  case oneOrMore(Kind, limit: Int)
  case record(Record)
  /// A mapping from names of the user's choice to mappings that all follow a record; `noun` says
  /// what they name.
  case named(noun: String, Record)
  /// A name of the catalogue, or a mapping that describes an entry.
  case entry(catalogue: [String], Record)
  /// A word with a meaning of its own, or another kind.
  case either(word: String, Kind)

  /// Whether it is a number that may be written in per cent: a share of something.
  var isFraction: Bool {
    if case .number(let range) = self { range.upperBound <= 1 } else { false }
  }

  /// The record that a mapping of this kind follows.
  var record: Record? {
    switch self {
    case .record(let record), .entry(_, let record): record
    case .either(_, let kind): kind.record
    case .named(_, let record): Record.ofNames(record)
    default: nil
    }
  }
}

/// The keys of a mapping.
struct Record: Sendable {
  var keys: [Declaration]
  /// Groups of keys of which exactly one is written.
  var exactlyOne: [[String]]
  /// Groups of keys of which at most one is written.
  var atMostOne: [[String]]
  /// Other names of these keys, or of keys below or above them.
  var aliases: [Alias]

  init(
    _ keys: [Declaration], exactlyOne: [[String]] = [], atMostOne: [[String]] = [],
    aliases: [Alias] = []
  ) {
    self.keys = keys
    self.exactlyOne = exactlyOne
    self.atMostOne = atMostOne
    self.aliases = aliases
  }

  /// The sibling keys that exclude the last key of `path`.
  func excluded(by path: [String]) -> [String] {
    guard let last = path.last, let record = record(at: path.dropLast()) else { return [] }
    return (record.exactlyOne + record.atMostOne).filter { $0.contains(last) }
      .flatMap { $0.filter { $0 != last } }
  }

  /// The problem of the first name in a path that is not a key; nil if all are keys.
  func unknownKey(in path: [String]) -> ValueProblem? {
    for (depth, name) in path.enumerated() {
      guard let record = record(at: path[..<depth]) else {
        let parent = path[..<depth].joined(separator: ".")
        return ValueProblem("\(quoted(parent)) has no keys of its own")
      }
      // Any name may be chosen for an entry.
      if record.isOfNames { continue }
      if !record.keys.contains(where: { $0.name == name }) { return record.unknown(name) }
    }
    return nil
  }

  /// The problem of a name that is not a key here.
  func unknown(_ name: String) -> ValueProblem {
    let names = keys.map(\.name)
    return ValueProblem(
      "\(quoted(name)) is not a key here", allowed: "known: " + names.joined(separator: ", "),
      suggestion: nearest(to: name, among: names + aliases.map(\.name)))
  }

  /// The keys below a path; nil if there are none.
  private func record(at path: ArraySlice<String>) -> Record? {
    path.reduce(self as Record?) { record, name in
      guard let record else { return nil }
      if record.isOfNames { return record.keys.first?.kind.record }
      return record.keys.first { $0.name == name }?.kind.record
    }
  }

  /// Whether its one key stands for every name.
  var isOfNames: Bool { keys.count == 1 && keys[0].name == Self.anyName }

  /// The name of a key that stands for every name.
  private static let anyName = "*"

  /// A mapping of names of the user's choice, each with a mapping that follows a record.
  static func ofNames(_ record: Record) -> Record {
    Record([
      Declaration(
        name: anyName, kind: .record(record), presence: .optional, doc: "", defaultJSON: nil)
    ])
  }
}

/// A physical quantity with the range allowed for a key.
struct QuantityKind: Sendable {
  /// What is measured, for messages.
  var noun: String
  var example: String
  var units: [String]
  /// Other words for them, which messages do not list.
  var otherUnits: [String]
  /// The range in base units and as text.
  var range: ClosedRange<Double>
  var lowest: String
  var highest: String
  var parse: @Sendable (String) throws(QuantityTextProblem) -> Double
}

extension Kind {
  /// A quantity between two amounts in the notation of scenarios.
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
        noun: noun, example: Q.example, units: Q.acceptedUnits,
        otherUnits: Q.otherAcceptedUnits, range: low.value...high.value,
        lowest: lowest, highest: highest,
        parse: { (text) throws(QuantityTextProblem) in try Q(text: text).value }))
  }
}
