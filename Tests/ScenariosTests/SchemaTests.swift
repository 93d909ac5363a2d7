import Foundation
import Testing

@testable import Scenarios

@Suite("The JSON Schema and the decoder agree")
struct SchemaTests {
  private func schema() throws -> [String: Any] {
    let data = Data(ScenarioSchema.json().utf8)
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func document(_ text: String) throws -> Any {
    var reader = DocumentReader(source: "a.yaml")
    return plainJSON(try reader.read(text))
  }

  @Test("each shipped scenario is valid under the schema", arguments: shippedNames)
  func shipped(name: String) throws {
    let found = violations(try document(try shippedText(name)), try schema(), "")

    #expect(found.isEmpty, "\(found)")
  }

  @Test("a service with most of its keys is valid under the schema")
  func service() throws {
    let found = violations(try document(ServiceKeysTests.text), try schema(), "")

    #expect(found.isEmpty, "\(found)")
  }

  static let broken = [
    ("nodes: 256", "nodez: 256"), ("nodes: 256", "nodes: 0"), ("nodes: 256", "nodes: many"),
    ("node: h800-sxm", "node: h8000"), ("node: h800-sxm", "node: {base: h800-sxm, nic: 400}"),
    ("4096 tokens", "4096 apples"), ("gemm: fp8", "gemm: fp9"),
    ("microbatches: 120", "global_batch: 15360\n  microbatches: 120"),
    ("model: deepseek-v3", "model: {hidden: 7168}"),
    ("model: deepseek-v3", "model: {base: deepseek-v3, config: a.json}"),
    ("train_mtp: true", "train_mtp: yes"),
    ("[rmsnorm,", "[swiglu, rmsnorm,"), ("name: deepseek-v3-pretrain", ""),
  ]

  @Test("the decoder refuses what the schema refuses", arguments: broken)
  func refused(edit: (String, String)) throws {
    let text = try shippedText().replacingOccurrences(of: edit.0, with: edit.1)

    #expect(!violations(try document(text), try schema(), "").isEmpty)
    #expect(!problems(text).isEmpty)
  }

  @Test("the decoder knows every key of the schema, and the example of a key has its form")
  func keys() throws {
    var leaves: [(path: String, example: Any)] = []
    collect(try schema(), "", into: &leaves)

    #expect(leaves.count > 60)
    for (path, example) in leaves {
      let found = try mainProblems("\(path)=\(yaml(example))")
      // An example may violate conditions between keys, but not its own form.
      let own = found.filter { $0.keyPath == path || $0.message.contains("is not a key") }
      let forms = ["is not a key", "not a", "no unit", "out of range", "has no value", "text:"]
      #expect(
        own.allSatisfy { problem in !forms.contains { problem.message.contains($0) } },
        "\(path)=\(yaml(example)): \(own)")
    }
  }

  @Test("every key of the schema is described, and the schema's text is reproducible")
  func described() throws {
    #expect(ScenarioSchema.json() == ScenarioSchema.json())
    #expect(undescribed(try schema(), "").isEmpty)
  }
}

// MARK: walking the schema

private func collect(
  _ schema: [String: Any], _ path: String, into leaves: inout [(path: String, example: Any)]
) {
  for branch in schema["anyOf"] as? [[String: Any]] ?? [] { collect(branch, path, into: &leaves) }
  let properties = schema["properties"] as? [String: Any] ?? [:]
  for name in properties.keys.sorted() {
    guard let property = properties[name] as? [String: Any] else { continue }
    let key = path.isEmpty ? name : "\(path).\(name)"
    if let example = (property["examples"] as? [Any])?.first { leaves.append((key, example)) }
    collect(property, key, into: &leaves)
  }
}

private func undescribed(_ schema: [String: Any], _ path: String) -> [String] {
  var found: [String] = []
  for branch in schema["anyOf"] as? [[String: Any]] ?? [] { found += undescribed(branch, path) }
  let properties = schema["properties"] as? [String: Any] ?? [:]
  for name in properties.keys.sorted() {
    guard let property = properties[name] as? [String: Any] else { continue }
    if (property["description"] as? String ?? "").isEmpty { found.append("\(path).\(name)") }
    found += undescribed(property, "\(path).\(name)")
  }
  return found
}

private func yaml(_ value: Any) -> String {
  if let list = value as? [Any] { return "[" + list.map(yaml).joined(separator: ", ") + "]" }
  if let number = value as? NSNumber, isFlag(number) { return number.boolValue ? "true" : "false" }
  return "\(value)"
}

private func isFlag(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }

/// A document as JSON values: plain scalars that are integers or Booleans, and text.
private func plainJSON(_ node: DocumentNode) -> Any {
  switch node.content {
  case .scalar(let text, let isPlain):
    if isPlain, let integer = Int(text) { return integer }
    if isPlain, let number = Double(text) { return number }
    if isPlain, text == "true" || text == "false" { return text == "true" }
    return text
  case .sequence(let items): return items.map(plainJSON)
  case .removed: return ""
  case .mapping(let entries):
    return Dictionary(entries.map { ($0.key, plainJSON($0.value)) }) { first, _ in first }
  }
}

// MARK: the validator, for the keywords of JSON Schema that the schema uses

private let understood: Set = [
  "$schema", "$comment", "title", "description", "default", "examples", "type", "properties",
  "required", "additionalProperties", "allOf", "anyOf", "oneOf", "not", "enum", "const", "pattern",
  "minimum",
  "maximum", "items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength",
]

private func violations(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
  var found = schema.keys.filter { !understood.contains($0) }.map { "\(path): unknown word \($0)" }
  func fail(_ what: String) { found.append("\(path): \(what)") }
  if let type = schema["type"] as? String, !hasType(value, type) { fail("no \(type)") }
  if let words = schema["enum"] as? [Any], !words.contains(where: { same($0, value) }) {
    fail("not in enum")
  }
  if let word = schema["const"], !same(word, value) { fail("not const") }
  if let branches = schema["anyOf"] as? [[String: Any]],
    !branches.contains(where: { violations(value, $0, path).isEmpty })
  {
    fail(
      "no branch of anyOf: "
        + branches.flatMap { violations(value, $0, path) }.joined(separator: "; "))
  }
  if let branch = schema["not"] as? [String: Any], violations(value, branch, path).isEmpty {
    fail("what it must not be")
  }
  for branch in schema["allOf"] as? [[String: Any]] ?? [] {
    found += violations(value, branch, path)
  }
  if let branches = schema["oneOf"] as? [[String: Any]],
    branches.count(where: { violations(value, $0, path).isEmpty }) != 1
  {
    fail("not one branch of oneOf")
  }
  if let text = value as? String {
    if let pattern = schema["pattern"] as? String,
      text.range(of: pattern, options: .regularExpression) == nil
    {
      fail("\(text) does not match \(pattern)")
    }
    if let least = schema["minLength"] as? Int, text.count < least { fail("too short") }
    if let most = schema["maxLength"] as? Int, text.count > most { fail("too long") }
  }
  if let number = (value as? Int).map(Double.init) ?? value as? Double {
    if let least = (schema["minimum"] as? NSNumber)?.doubleValue, number < least {
      fail("too small")
    }
    if let most = (schema["maximum"] as? NSNumber)?.doubleValue, number > most {
      fail("too large")
    }
  }
  if let list = value as? [Any] { found += listViolations(list, schema, path) }
  if let object = value as? [String: Any] { found += objectViolations(object, schema, path) }
  return found
}

private func listViolations(_ list: [Any], _ schema: [String: Any], _ path: String) -> [String] {
  var found: [String] = []
  if let least = schema["minItems"] as? Int, list.count < least { found.append("\(path): few") }
  if let most = schema["maxItems"] as? Int, list.count > most { found.append("\(path): many") }
  let words = list.map { "\($0)" }
  if schema["uniqueItems"] as? Bool == true, Set(words).count != words.count {
    found.append("\(path): repeats")
  }
  if let items = schema["items"] as? [String: Any] {
    found += list.flatMap { violations($0, items, path + "[]") }
  }
  return found
}

private func objectViolations(
  _ object: [String: Any], _ schema: [String: Any], _ path: String
) -> [String] {
  var found: [String] = []
  for name in schema["required"] as? [String] ?? [] where object[name] == nil {
    found.append("\(path): lacks \(name)")
  }
  guard let properties = schema["properties"] as? [String: Any] else { return found }
  for name in object.keys.sorted() {
    guard let property = properties[name] as? [String: Any] else {
      if schema["additionalProperties"] as? Bool == false {
        found.append("\(path): unknown \(name)")
      }
      continue
    }
    if let value = object[name] { found += violations(value, property, "\(path).\(name)") }
  }
  return found
}

private func hasType(_ value: Any, _ type: String) -> Bool {
  switch type {
  case "object": value is [String: Any]
  case "array": value is [Any]
  case "string": value is String
  case "boolean": value is Bool
  case "integer": value is Int && !(value is Bool)
  case "number": (value is Int || value is Double) && !(value is Bool)
  default: false
  }
}

private func same(_ a: Any, _ b: Any) -> Bool { a as? String == b as? String && a is String }
