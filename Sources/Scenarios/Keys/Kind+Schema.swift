// JSON Schema (draft 2020-12) and an example for each kind of value.

import Recording

/// Members of a JSON object, in their order.
typealias JSONMembers = [(name: String, value: RecordValue)]

extension Kind {
  /// A number, as an integer if it has no fraction.
  static func number(_ value: Double) -> RecordValue {
    Int64(exactly: value).map(RecordValue.integer) ?? .real(value)
  }

  /// A value that this kind accepts, as JSON; nil for mappings.
  var exampleJSON: RecordValue? {
    switch self {
    case .text: .text("my-name")
    case .stages: .text("Et*3|(tt|)*29L")
    case .flag: .bool(true)
    case .choice(let words), .name(let words), .wordOrInteger(let words, _):
      words.first.map(RecordValue.text)
    case .schedule: .text("1f1b")
    case .integer(let range): .integer(Int64(max(1, range.lowerBound)))
    case .number(let range): Self.number((range.lowerBound + range.upperBound) / 2)
    case .count(let noun, let range, _):
      .text("\(Int(min(4096, range.upperBound))) \(noun)")
    case .quantity(let kind): .text(kind.example)
    case .list(let item, _, _): item.exampleJSON.map { .array([$0]) }
    case .oneOrMore(let item, _): item.exampleJSON
    case .record, .named: nil
    case .entry(let catalogue, _): catalogue.first.map(RecordValue.text)
    case .either(let word, _): .text(word)
    }
  }

  /// The example as it is written in YAML.
  var exampleText: String? {
    switch exampleJSON {
    case .text(let text): text
    case .none: nil
    case .some(let json): json.compact
    }
  }

  /// The schema of this kind.
  var schema: JSONMembers {
    switch self {
    case .text:
      [("type", .text("string")), ("minLength", .integer(1)), ("maxLength", .integer(100))]
    case .stages:
      [("type", .text("string")), ("pattern", .text("^[EtmL|*(), 0-9]+$"))]
    case .flag: [("type", .text("boolean"))]
    case .choice(let words), .name(let words): [("enum", .array(words.map(RecordValue.text)))]
    case .wordOrInteger(let words, let range):
      Self.anyOf(
        [("enum", .array(words.map(RecordValue.text)))],
        [("type", .text("integer"))] + Self.bounds(range.lowerBound, range.upperBound))
    case .schedule: [("type", .text("string"))]
    case .integer(let range):
      [("type", .text("integer"))] + Self.bounds(range.lowerBound, range.upperBound)
    case .number(let range): numberSchema(range)
    case .count(let noun, let range, let isWhole):
      [
        (
          "anyOf",
          .array([
            .object(
              [("type", .text(isWhole ? "integer" : "number"))]
                + Self.bounds(Int(range.lowerBound), Int(range.upperBound))),
            .object([("type", .text("string")), ("pattern", .text(Self.countPattern(noun)))]),
          ])
        )
      ]
    case .quantity(let kind):
      [
        ("type", .text("string")),
        ("pattern", .text(Self.pattern(kind.units + kind.otherUnits))),
        ("$comment", .text("\(kind.lowest) to \(kind.highest)")),
      ]
    case .list(let item, let isSet, let count):
      [
        ("type", .text("array")), ("items", .object(item.schema)),
        ("minItems", .integer(Int64(count.lowerBound))),
        ("maxItems", .integer(Int64(count.upperBound))),
        ("uniqueItems", .bool(isSet)),
      ]
    case .oneOrMore(let item, let limit):
      Self.anyOf(item.schema, Kind.list(item, isSet: true, count: 1...limit).schema)
    case .record(let record): record.schema
    case .named(_, let record):
      [
        ("type", .text("object")),
        ("additionalProperties", .object(record.schema)), ("minProperties", .integer(1)),
        ("maxProperties", .integer(Int64(NamedFields.limit))),
        ("propertyNames", .object([("pattern", .text("^[A-Za-z0-9_-]{1,100}$"))])),
      ]
    case .entry(let catalogue, let record):
      Self.anyOf([("enum", .array(catalogue.map(RecordValue.text)))], record.schema)
    case .either(let word, let kind): Self.anyOf([("const", .text(word))], kind.schema)
    }
  }

  /// A number, or also a text in per cent if it is a share.
  private func numberSchema(_ range: ClosedRange<Double>) -> JSONMembers {
    let schema: JSONMembers = [
      ("type", .text("number")), ("minimum", Self.number(range.lowerBound)),
      ("maximum", Self.number(range.upperBound)),
    ]
    guard isFraction else { return schema }
    return Self.anyOf(
      schema, [("type", .text("string")), ("pattern", .text(Self.pattern(["%"])))])
  }

  private static func anyOf(_ a: JSONMembers, _ b: JSONMembers) -> JSONMembers {
    [("anyOf", .array([.object(a), .object(b)]))]
  }

  private static func bounds(_ low: Int, _ high: Int) -> JSONMembers {
    [("minimum", .integer(Int64(low))), ("maximum", .integer(Int64(high)))]
  }

  private static let numberPattern = #"^ *[+]?[0-9][0-9_]*([.][0-9]*)?([eE][+-]?[0-9]+)? *"#

  private static func pattern(_ units: [String]) -> String {
    numberPattern + "(" + units.joined(separator: "|") + ") *$"
  }

  private static func countPattern(_ noun: String) -> String {
    let singular = noun.hasSuffix("s") ? noun.dropLast() : noun[...]
    return numberPattern + "(\(noun == "tokens" ? "K|Ki|" : "")[kMGBT])? *(\(noun)|\(singular))? *$"
  }
}

extension Record {
  /// The schema of a mapping with these keys and no others.
  var schema: JSONMembers {
    var members: JSONMembers = [
      ("type", .text("object")),
      (
        "properties",
        .object((keys + foreignNames).map { ($0.name, .object($0.schema)) })
      ),
      ("additionalProperties", .bool(false)),
    ]
    // A mapping that other names fill may lack its own.
    let required = names { $0.presence == .required && others(of: $0.name).isEmpty }
    if !required.isEmpty { members.append(("required", .array(required))) }
    let withoutBase = names { $0.presence == .requiredWithoutBase }
    let bases = ["base", ModelKeys.config.name].filter { name in
      keys.contains { $0.name == name }
    }
    if !bases.isEmpty {
      let words = bases.joined(separator: " or ")
      members.append(
        ("$comment", .text("without \(words) here or around, every key but \(words) is required")))
      // A GPU may take its base from the enclosing node, which its own schema cannot express.
      if !keys.contains(where: { $0.name == GPUKeys.sms.name }) {
        let starts = bases.map { Self.needs([.text($0)]) }
        members.append(("anyOf", .array(starts + [Self.needs(withoutBase)])))
      }
    }
    if !atMostOne.isEmpty {
      let pairs = atMostOne.map { Self.needs($0.map(RecordValue.text)) }
      members.append(("not", .object([("anyOf", .array(pairs))])))
    }
    let choices = exactlyOne.map { group in
      let names = group + group.flatMap(others)
      return ("oneOf", RecordValue.array(names.map { Self.needs([.text($0)]) }))
    }
    if choices.count == 1 { members += choices }
    if choices.count > 1 { members.append(("allOf", .array(choices.map { .object([$0]) }))) }
    return members
  }

  /// Other names that are not keys of their own here.
  private var foreignNames: [Declaration] {
    aliases.map(\.declaration).filter { alias in !keys.contains { $0.name == alias.name } }
  }

  /// The other names that can stand for a key, or for keys below it.
  private func others(of key: String) -> [String] {
    aliases.filter { alias in alias.path.dropFirst().contains(key) }.map(\.name)
  }

  private func names(where condition: (Declaration) -> Bool) -> [RecordValue] {
    keys.filter(condition).map { RecordValue.text($0.name) }
  }

  private static func needs(_ names: [RecordValue]) -> RecordValue {
    .object([("required", .array(names))])
  }
}

extension Declaration {
  /// The schema of the key's value with its description, default and example.
  var schema: JSONMembers {
    var members: JSONMembers = [("description", .text(doc))]
    members += kind.schema
    if let defaultJSON { members.append(("default", defaultJSON)) }
    if let example = kind.exampleJSON { members.append(("examples", .array([example]))) }
    return members
  }
}
