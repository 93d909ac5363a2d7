// Checks a document against the declarations of its keys: unknown and missing keys, forms, ranges.

import Schedules
import Text

/// Turns nodes into checked values; an invalid node is reported as a problem and gives no value.
struct Checker {
  let problems: Problems

  /// The checked keys of a mapping; nil if the node is not a mapping.
  ///
  /// - Parameter place: place at which missing keys are reported.
  func fields(_ node: DocumentNode, _ record: Record, _ path: String, at place: Place) -> Fields? {
    guard let entries = node.entries else {
      let what = node.isNull ? "has no value" : "is \(node.kindWord), not a mapping of keys"
      problems.add(
        ValueProblem(what, allowed: "expected keys: " + listText(record.keys.map(\.name))), path,
        at: place)
      return nil
    }
    var fields = Fields()
    for entry in entries {
      let keyPath = join(path, entry.key)
      guard let key = record.keys.first(where: { $0.name == entry.key }) else {
        problems.add(record.unknown(entry.key), keyPath, at: entry.keyPlace)
        continue
      }
      fields.set(key.name, value(entry.value, key.kind, keyPath, at: entry.valuePlace))
    }
    for key in record.keys where key.presence == .required {
      guard !entries.contains(where: { $0.key == key.name }) else { continue }
      problems.add(
        missing(key), join(path, key.name), at: node.removal(of: key.name) ?? place)
    }
    for group in record.exactlyOne {
      let removal = group.lazy.compactMap(node.removal).first
      checkExclusion(group, entries, path, at: removal ?? place)
    }
    for group in record.atMostOne where entries.contains(where: { group.contains($0.key) }) {
      checkExclusion(group, entries, path, at: place)
    }
    return fields
  }

  private func checkExclusion(
    _ group: [String], _ entries: [DocumentEntry], _ path: String, at place: Place
  ) {
    let written = entries.filter { group.contains($0.key) }
    let choice = group.joined(separator: " or ")
    if written.isEmpty {
      problems.add(ValueProblem("needs \(choice)"), path, at: place)
    } else if written.count > 1, let last = written.last {
      problems.add(
        ValueProblem("cannot be combined with \(written[0].key): write \(choice), not both"),
        join(path, last.key), at: last.keyPlace)
    }
  }

  /// The checked value of a node; nil if it is invalid.
  ///
  /// - Parameter place: place at which problems with the value are reported.
  func value(
    _ node: DocumentNode, _ kind: Kind, _ path: String, at place: Place
  ) -> Value? {
    do throws(ValueProblem) {
      switch kind {
      case .record(let record):
        return fields(node, record, path, at: place).map(Value.fields)
      case .named(let noun, let record):
        return try named(node, noun, record, path).map(Value.named)
      case .entry(let catalogue, let record):
        guard node.entries == nil else {
          return fields(node, record, path, at: place).map(Value.fields)
        }
        return .text(try name(try text(of: node), in: catalogue))
      case .list(let item, let isSet, let count):
        return try list(node, item, isSet: isSet, count: count, path, at: place)
      case .oneOrMore(let item, let limit):
        guard case .scalar = node.content else {
          return try list(node, item, isSet: true, count: 1...limit, path, at: place)
        }
        return value(node, item, path, at: place).map { .list([$0]) }
      case .either(let word, let other):
        if case .scalar(word, _) = node.content { return .word }
        if case .scalar(let text, _) = node.content, other.record != nil, !node.isNull {
          throw ValueProblem("\(quoted(text)) is neither \(word) nor a mapping of keys")
        }
        return value(node, other, path, at: place)
      default:
        return try scalar(node, kind)
      }
    } catch {
      problems.add(error, path, at: place)
      return nil
    }
  }

  /// The entries of a mapping with names of the user's choice; nil if one is invalid.
  private func named(
    _ node: DocumentNode, _ noun: String, _ record: Record, _ path: String
  ) throws(ValueProblem) -> NamedFields? {
    guard let entries = node.entries else {
      throw ValueProblem(
        node.isNull ? "has no value" : "is \(node.kindWord), not a mapping of names",
        allowed: "expected: the name of each \(noun) with its keys below it")
    }
    guard (1...NamedFields.limit).contains(entries.count) else {
      throw ValueProblem(
        "has \(entries.count) entries", allowed: "expected: 1 to \(NamedFields.limit)")
    }
    var items: [(name: String, fields: Fields)] = []
    for entry in entries {
      let keyPath = join(path, entry.key)
      guard entry.key.wholeMatch(of: #/[A-Za-z0-9_-]{1,100}/#) != nil else {
        problems.add(
          ValueProblem(
            "\(quoted(entry.key)) is no name of a \(noun)",
            allowed: "expected: up to 100 letters, digits, _ or -"), path, at: entry.keyPlace)
        continue
      }
      if let fields = fields(entry.value, record, keyPath, at: entry.valuePlace) {
        items.append((entry.key, fields))
      }
    }
    return items.count == entries.count ? NamedFields(items) : nil
  }

  private func scalar(_ node: DocumentNode, _ kind: Kind) throws(ValueProblem) -> Value {
    let text = try text(of: node)
    switch kind {
    case .text:
      return .text(try ScalarText.text(text))
    case .stages:
      return .text(try ScalarText.text(text, limit: 10_000))
    case .choice(let known):
      return .text(try ScalarText.choice(text, among: known))
    case .wordOrInteger(let words, let range):
      if words.contains(text) { return .text(text) }
      guard text.utf8.first.map({ (0x30...0x39).contains($0) }) ?? false else {
        throw ValueProblem(
          "\(quoted(text)) is not a choice",
          allowed: knownText(words) + ", or \(range.lowerBound) to \(range.upperBound)",
          suggestion: nearest(to: text, among: words))
      }
      return .integer(try ScalarText.integer(text, in: range))
    case .name(let catalogue):
      return .text(try name(text, in: catalogue))
    case .schedule:
      guard let kind = ScheduleCatalogue.named(text) else {
        throw ValueProblem(ScheduleCatalogue.unknown(text))
      }
      return .text(kind.name)
    case .quantity(let quantity):
      return .number(try ScalarText.quantity(text, quantity))
    case .count(let noun, let range, let isWhole):
      return .number(try ScalarText.count(text, noun: noun, in: range, isWhole: isWhole))
    case .flag:
      try refuseQuotes(node, text)
      return .flag(try ScalarText.flag(text))
    case .integer(let range):
      try refuseQuotes(node, text)
      return .integer(try ScalarText.integer(text, in: range))
    case .number(let range):
      try refuseQuotes(node, text)
      return .number(
        kind.isFraction
          ? try ScalarText.fraction(text, in: range) : try ScalarText.number(text, in: range))
    case .list, .oneOrMore, .record, .named, .entry, .either:
      preconditionFailure("handled by value(_:_:_:at:)")
    }
  }

  private func list(
    _ node: DocumentNode, _ kind: Kind, isSet: Bool, count: ClosedRange<Int>, _ path: String,
    at place: Place
  ) throws(ValueProblem) -> Value? {
    guard case .sequence(let items) = node.content else {
      throw ValueProblem(
        node.isNull ? "has no value" : "is \(node.kindWord), not a list like [a, b]")
    }
    guard count.contains(items.count) else {
      throw ValueProblem(
        "has \(items.count) entries",
        allowed: "expected: \(count.lowerBound) to \(count.upperBound) entries")
    }
    var values: [Value] = []
    var seen: [String] = []
    for (index, item) in items.enumerated() {
      let itemPath = "\(path)[\(index)]"
      let itemPlace = item.place
      if isSet, case .scalar(let text, _) = item.content {
        if seen.contains(text) {
          problems.add(ValueProblem("\(quoted(text)) is listed twice"), itemPath, at: itemPlace)
        }
        seen.append(text)
      }
      if let value = value(item, kind, itemPath, at: itemPlace) { values.append(value) }
    }
    return values.count == items.count ? .list(values) : nil
  }
}

extension Checker {
  private func text(of node: DocumentNode) throws(ValueProblem) -> String {
    guard !node.isNull else { throw ValueProblem("has no value") }
    guard case .scalar(let text, _) = node.content else {
      throw ValueProblem("is \(node.kindWord), not a single value")
    }
    return text
  }

  private func refuseQuotes(_ node: DocumentNode, _ text: String) throws(ValueProblem) {
    guard case .scalar(_, isPlain: false) = node.content else { return }
    throw ValueProblem("\(quoted(text)) is text: write it without quotes")
  }

  private func name(_ text: String, in catalogue: [String]) throws(ValueProblem) -> String {
    guard catalogue.contains(text) else {
      throw ValueProblem(
        "\(quoted(text)) is not in the catalogue", allowed: knownText(catalogue),
        suggestion: nearest(to: text, among: catalogue))
    }
    return text
  }

  private func missing(_ key: Declaration) -> ValueProblem {
    ValueProblem(
      "is required", allowed: key.kind.exampleText.map { "for example: \(key.name): \($0)" })
  }

  private func listText(_ names: [String]) -> String { names.joined(separator: ", ") }
}

/// The path of a key below another.
func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
