// What each kind of value looks like in JSON Schema (draft 2020-12), and one example of it.

extension Kind {
  /// A value that this kind accepts, as JSON; nil for mappings.
  var exampleJSON: JSON? {
    switch self {
    case .text: .string("my-name")
    case .flag: .flag(true)
    case .choice(let words), .name(let words), .wordOrInteger(let words, _):
      words.first.map(JSON.string)
    case .schedule: .string("1f1b")
    case .integer(let range): .integer(max(1, range.lowerBound))
    case .number(let range): .number((range.lowerBound + range.upperBound) / 2)
    case .count(let noun, let range, _):
      .string("\(Int(min(4096, range.upperBound))) \(noun)")
    case .quantity(let kind): .string(kind.example)
    case .list(let item, _, _): item.exampleJSON.map { .array([$0]) }
    case .record: nil
    case .entry(let catalogue, _): catalogue.first.map(JSON.string)
    case .either(let word, _): .string(word)
    }
  }

  /// The example as it is written in YAML.
  var exampleText: String? {
    switch exampleJSON {
    case .string(let text): text
    case .none: nil
    case .some(let json): json.text()
    }
  }

  /// The schema of this kind.
  var schema: [(String, JSON)] {
    switch self {
    case .text:
      [("type", .string("string")), ("minLength", .integer(1)), ("maxLength", .integer(100))]
    case .flag: [("type", .string("boolean"))]
    case .choice(let words), .name(let words): [("enum", .array(words.map(JSON.string)))]
    case .wordOrInteger(let words, let range):
      Self.anyOf(
        [("enum", .array(words.map(JSON.string)))],
        [("type", .string("integer"))] + Self.bounds(range.lowerBound, range.upperBound))
    case .schedule: [("type", .string("string"))]
    case .integer(let range):
      [("type", .string("integer"))] + Self.bounds(range.lowerBound, range.upperBound)
    case .number(let range):
      [
        ("type", .string("number")), ("minimum", .number(range.lowerBound)),
        ("maximum", .number(range.upperBound)),
      ]
    case .count(let noun, let range, let isWhole):
      [
        (
          "anyOf",
          .array([
            .object(
              [("type", .string(isWhole ? "integer" : "number"))]
                + Self.bounds(Int(range.lowerBound), Int(range.upperBound))),
            .object([("type", .string("string")), ("pattern", .string(Self.countPattern(noun)))]),
          ])
        )
      ]
    case .quantity(let kind):
      [
        ("type", .string("string")), ("pattern", .string(Self.pattern(kind.units))),
        ("$comment", .string("\(kind.lowest) to \(kind.highest)")),
      ]
    case .list(let item, let isSet, let count):
      [
        ("type", .string("array")), ("items", .object(item.schema)),
        ("minItems", .integer(count.lowerBound)), ("maxItems", .integer(count.upperBound)),
        ("uniqueItems", .flag(isSet)),
      ]
    case .record(let record): record.schema
    case .entry(let catalogue, let record):
      Self.anyOf([("enum", .array(catalogue.map(JSON.string)))], record.schema)
    case .either(let word, let kind): Self.anyOf([("const", .string(word))], kind.schema)
    }
  }

  private static func anyOf(_ a: [(String, JSON)], _ b: [(String, JSON)]) -> [(String, JSON)] {
    [("anyOf", .array([.object(a), .object(b)]))]
  }

  private static func bounds(_ low: Int, _ high: Int) -> [(String, JSON)] {
    [("minimum", .integer(low)), ("maximum", .integer(high))]
  }

  private static let numberPattern = #"^ *[+]?[0-9][0-9_]*([.][0-9]*)?([eE][+-]?[0-9]+)? *"#

  private static func pattern(_ units: [String]) -> String {
    numberPattern + "(" + units.joined(separator: "|") + ") *$"
  }

  private static func countPattern(_ noun: String) -> String {
    let singular = noun.hasSuffix("s") ? noun.dropLast() : noun[...]
    return numberPattern + "[kMGBT]? *(\(noun)|\(singular))? *$"
  }
}

extension Record {
  /// The schema of a mapping with these keys and no others.
  var schema: [(String, JSON)] {
    var members: [(String, JSON)] = [
      ("type", .string("object")),
      ("properties", .object(keys.map { ($0.name, .object($0.schema)) })),
      ("additionalProperties", .flag(false)),
    ]
    let required = names { $0.presence == .required }
    if !required.isEmpty { members.append(("required", .array(required))) }
    let withoutBase = names { $0.presence == .requiredWithoutBase }
    if keys.contains(where: { $0.name == "base" }) {
      members.append(
        ("$comment", .string("without base here or around, every key but base is required")))
      // A GPU may take its base from the node around it, which its own schema cannot see.
      if !keys.contains(where: { $0.name == GPUKeys.sms.name }) {
        members.append(("anyOf", .array([Self.needs([.string("base")]), Self.needs(withoutBase)])))
      }
    }
    let choices = exactlyOne.map { group in
      ("oneOf", JSON.array(group.map { Self.needs([.string($0)]) }))
    }
    if choices.count == 1 { members += choices }
    if choices.count > 1 { members.append(("allOf", .array(choices.map { .object([$0]) }))) }
    return members
  }

  private func names(where condition: (Declaration) -> Bool) -> [JSON] {
    keys.filter(condition).map { JSON.string($0.name) }
  }

  private static func needs(_ names: [JSON]) -> JSON { .object([("required", .array(names))]) }
}

extension Declaration {
  /// The schema of the key's value with its description, default and example.
  var schema: [(String, JSON)] {
    var members: [(String, JSON)] = [("description", .string(doc))]
    members += kind.schema
    if let defaultJSON { members.append(("default", defaultJSON)) }
    if let example = kind.exampleJSON { members.append(("examples", .array([example]))) }
    return members
  }
}
