// A changed scenario as a file of its own, which `run` takes: the tree after its changes, in block
// style. Comments and the file's own layout are not kept.

import Recording

extension ScenarioDocument {
  /// The scenario under some changes as YAML; the changes' seed replaces the file's.
  ///
  /// - Parameters:
  ///   - changes: settings in the order of application, and a seed.
  ///   - remarks: comment lines at the top, without their marks.
  package func yaml(_ changes: ScenarioChanges, remarks: [String] = []) -> String {
    let seed = changes.seed.map { [Setting("seed", "\($0)")] } ?? []
    let document = changed(by: changes.settings + seed)
    let head = remarks.map { $0.isEmpty ? "#\n" : "# \($0)\n" }.joined()
    return head + YAMLText.lines(document, indentation: 0).joined(separator: "\n") + "\n"
  }
}

/// Writes a tree as block-style YAML.
private enum YAMLText {
  /// The lines of a mapping, or of a sequence.
  static func lines(_ node: DocumentNode, indentation: Int) -> [String] {
    let space = String(repeating: " ", count: indentation)
    switch node.content {
    case .mapping:
      return (node.entries ?? []).flatMap { entry -> [String] in
        let key = space + scalar(entry.key, isPlain: true) + ":"
        guard let nested = nested(entry.value, indentation: indentation + 2) else {
          return [key + " " + flow(entry.value)]
        }
        return [key] + nested
      }
    case .sequence(let items):
      return items.map { space + "- " + flow($0) }
    case .scalar, .removed:
      return [space + flow(node)]
    }
  }

  /// The lines below a key; nil for a value that stands beside it.
  private static func nested(_ node: DocumentNode, indentation: Int) -> [String]? {
    guard let entries = node.entries, !entries.isEmpty else { return nil }
    return lines(node, indentation: indentation)
  }

  /// A value on one line.
  private static func flow(_ node: DocumentNode) -> String {
    switch node.content {
    case .scalar(let text, let isPlain): return scalar(text, isPlain: isPlain)
    case .sequence(let items): return "[" + items.map(flow).joined(separator: ", ") + "]"
    case .mapping:
      let entries = node.entries ?? []
      return "{"
        + entries.map { "\(scalar($0.key, isPlain: true)): \(flow($0.value))" }
        .joined(separator: ", ") + "}"
    case .removed: return "~"
    }
  }

  /// A scalar: plain if it was and no character needs quotes in any place.
  private static func scalar(_ text: String, isPlain: Bool) -> String {
    let isSafe = text.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "_-.+/%=~ ".unicodeScalars.contains($0)
    }
    let startsSafely = text.first.map { $0 != " " && !($0 == "-" && text.count == 1) } ?? false
    guard !(isPlain && isSafe && startsSafely && text.last != " ") else { return text }
    guard !(isPlain && text.isEmpty) else { return "~" }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
