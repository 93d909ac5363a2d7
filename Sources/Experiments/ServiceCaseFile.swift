// A file with cases of services to evaluate: one, or a list.

import Foundation
import Recording
import Service
import Text

/// Why a file of cases cannot be evaluated.
package struct ServiceCaseProblem: ExplainedError, Hashable {
  package var explanations: [Explanation]
  /// The file is at fault.
  package var exitStatus: ExitStatus { .badData }

  init(_ message: String, at path: String = "", advice: String...) {
    let place = path.isEmpty ? message : "\(path): \(message)"
    explanations = [Explanation(place, advice: advice)]
  }
}

/// The cases of a file.
package struct ServiceCaseFile: Sendable {
  private let cases: [ServiceCase]

  /// Reads the cases of a text in JSON.
  ///
  /// - Throws: `ServiceCaseProblem` for a text that is not JSON, an unknown key, or a value that
  ///   cannot be simulated; it names the first.
  package init(_ data: Data) throws(ServiceCaseProblem) {
    let json: Any
    do { json = try JSONSerialization.jsonObject(with: data) } catch {
      let reason = (error as NSError).userInfo["NSDebugDescription"] as? String
      throw ServiceCaseProblem("is not JSON" + (reason.map { ": \($0)" } ?? ""))
    }
    let isList = json is [Any]
    let objects = (json as? [Any]) ?? [json]
    for (index, object) in objects.enumerated() {
      try Self.check(object, "", at: isList ? "[\(index)]" : "")
    }
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      cases =
        isList
        ? try decoder.decode([ServiceCase].self, from: data)
        : [try decoder.decode(ServiceCase.self, from: data)]
    } catch {
      throw Self.problem(error)
    }
    for (index, each) in cases.enumerated() {
      guard let problem = each.problem else { continue }
      let path = isList ? "[\(index)].\(problem.path)" : problem.path
      throw ServiceCaseProblem(
        problem.message, at: path, advice: "expected: \(problem.allowed)")
    }
  }

  /// The results, one object for each case.
  package func evaluate() -> RecordValue { .array(cases.map { $0.evaluate() }) }

  // MARK: Checks

  private static func check(
    _ value: Any, _ name: String, at path: String
  ) throws(ServiceCaseProblem) {
    guard let known = ServiceCase.keys.first(where: { $0.object == name }) else { return }
    if !name.isEmpty, let items = value as? [Any] {
      for (index, item) in items.enumerated() { try check(item, name, at: "\(path)[\(index)]") }
      return
    }
    guard let object = value as? [String: Any] else {
      throw ServiceCaseProblem("is not an object", at: path)
    }
    for key in object.keys.sorted() {
      let place = path.isEmpty ? key : "\(path).\(key)"
      guard known.names.contains(key) else {
        let nearest = nearest(to: key, among: known.names)
        throw ServiceCaseProblem(
          "is not a key here", at: place,
          advice: nearest.map { "did you mean \"\($0)\"?" }
            ?? "known: \(known.names.joined(separator: ", "))")
      }
      if key != "expected", let inner = object[key] { try check(inner, key, at: place) }
    }
  }

  private static func problem(_ error: any Error) -> ServiceCaseProblem {
    guard let error = error as? DecodingError else { return ServiceCaseProblem("\(error)") }
    switch error {
    case .keyNotFound(let key, let context):
      return ServiceCaseProblem(
        "\"\(snake(key.stringValue))\" is missing", at: path(context.codingPath))
    case .valueNotFound(_, let context):
      return ServiceCaseProblem("is null", at: path(context.codingPath))
    case .typeMismatch(let type, let context):
      return ServiceCaseProblem("is not \(words(type))", at: path(context.codingPath))
    case .dataCorrupted(let context):
      return ServiceCaseProblem(context.debugDescription, at: path(context.codingPath))
    @unknown default:
      return ServiceCaseProblem("\(error)")
    }
  }

  private static func words(_ type: Any.Type) -> String {
    if type == Int.self { return "a whole number" }
    if type == Bool.self { return "true or false" }
    return type == String.self ? "a text" : "of the right form"
  }

  private static func path(_ keys: [any CodingKey]) -> String {
    keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return (path.isEmpty ? "" : "\(path).") + snake(key.stringValue)
    }
  }

  /// A property's name as a key of the file.
  private static func snake(_ name: String) -> String {
    name.reduce("") { $0 + ($1.isUppercase ? "_\($1.lowercased())" : "\($1)") }
  }
}
