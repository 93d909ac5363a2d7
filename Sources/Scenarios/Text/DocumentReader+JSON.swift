// JSON documents. Foundation checks that a text is JSON; since all JSON is YAML, the reader of
// scenarios then makes the tree, with places and without rounding numbers.

import Foundation

extension DocumentReader {
  /// The tree of a JSON object.
  ///
  /// - Throws: `ScenarioProblem.badData` for a text that is not an object in JSON, is nested too
  ///   deeply, or has a key twice.
  mutating func readJSON(_ text: String) throws(ScenarioProblem) -> DocumentNode {
    guard Self.depth(of: text) <= TextLimits.nesting else {
      throw refusal("is nested deeper than \(TextLimits.nesting) levels")
    }
    do { _ = try JSONSerialization.jsonObject(with: Data(text.utf8)) } catch {
      let reason = (error as NSError).userInfo["NSDebugDescription"] as? String
      throw refusal("is not JSON" + (reason.map { ": \($0)" } ?? ""))
    }
    let tree = try tree(of: Self.joiningSurrogates(text))
    guard tree.entries != nil else { throw refusal("is not an object in JSON") }
    return tree
  }

  private func refusal(_ message: String) -> ScenarioProblem {
    .badData([
      Diagnostic(source: source, line: nil, column: nil, keyPath: "", message: message)
    ])
  }

  /// The text with characters beyond 16 bits escaped as one code, as in YAML, not as two.
  private static func joiningSurrogates(_ text: String) -> String {
    guard text.contains("\\ud") || text.contains("\\uD") else { return text }
    // An escaped backslash is matched first, so that a `u` after it begins no code.
    return text.replacing(#/\\\\|\\u([dD][89aAbB]..)\\u([dD][c-fC-F]..)/#) { match in
      guard let high = match.1.flatMap({ UInt32($0, radix: 16) }),
        let low = match.2.flatMap({ UInt32($0, radix: 16) })
      else { return String(match.0) }
      let code = String(0x10000 + (high & 0x3ff) << 10 + low & 0x3ff, radix: 16)
      return "\\U" + String(repeating: "0", count: 8 - code.count) + code
    }
  }

  /// The deepest nesting of brackets outside strings.
  private static func depth(of text: String) -> Int {
    var (depth, deepest) = (0, 0)
    var (isInString, isEscaped) = (false, false)
    for byte in text.utf8 {
      if isEscaped {
        isEscaped = false
      } else if isInString {
        isEscaped = byte == UInt8(ascii: "\\")
        isInString = byte != UInt8(ascii: "\"")
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") {
        depth += 1
        deepest = max(deepest, depth)
      } else if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") {
        depth -= 1
      }
    }
    return deepest
  }
}
