// Parses text into a document tree. Yams finds the structure; scalars stay text, so that YAML 1.1's
// octal and sexagesimal numbers, dates and `yes` are not interpreted. Tags and merge keys are
// rejected.

import Text
import Yams

/// Reads one YAML document into a tree with places.
struct DocumentReader {
  /// The file, or the option whose value is read.
  let source: String
  /// Whether places have lines and columns; false for the value of an option.
  let hasLines: Bool

  private var visited = 0
  private var problems: [Diagnostic] = []

  init(source: String, hasLines: Bool = true) {
    self.source = source
    self.hasLines = hasLines
  }

  /// The tree of a text.
  ///
  /// - Throws: the problems of the text as YAML: one for invalid syntax or an exceeded limit, else
  ///   all.
  mutating func read(_ text: String) throws(ScenarioProblem) -> DocumentNode {
    if let (message, line, column) = TextLimits.problem(in: text) {
      throw failure(message, line: line, column: column)
    }
    return try tree(of: text)
  }

  /// The tree of a text within the limits.
  mutating func tree(of text: String) throws(ScenarioProblem) -> DocumentNode {
    let root: Node?
    do {
      // Explicit arguments: the defaults read the environment and resolve tags by expressions.
      let parser = try Parser(
        yaml: text, resolver: .basic, constructor: .default, encoding: .utf8)
      root = try parser.singleRoot()
    } catch {
      throw failure(error, in: text)
    }
    guard let root else { throw failure("is empty", line: nil, column: nil) }
    let tree = try convert(root, keyPath: "", depth: 1)
    guard problems.isEmpty else { throw ScenarioProblem.badData(problems) }
    return tree
  }

  private func place(_ mark: Mark?) -> Place {
    guard hasLines, let mark else { return Place(source: source) }
    return Place(source: source, line: mark.line, column: mark.column)
  }

  private mutating func convert(
    _ node: Node, keyPath: String, depth: Int
  ) throws(ScenarioProblem) -> DocumentNode {
    visited += 1
    guard visited <= TextLimits.nodes else {
      throw failure(
        "has more than \(TextLimits.nodes) values once its aliases are expanded", at: node.mark)
    }
    guard depth <= TextLimits.nesting else {
      throw failure("is nested deeper than \(TextLimits.nesting) levels", at: node.mark)
    }
    refuseTag(of: node, keyPath: keyPath)
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      return DocumentNode(
        content: .scalar(scalar.string, isPlain: isPlain), place: place(scalar.mark))
    case .sequence(let sequence):
      var items: [DocumentNode] = []
      for (index, item) in sequence.enumerated() {
        items.append(try convert(item, keyPath: "\(keyPath)[\(index)]", depth: depth + 1))
      }
      return DocumentNode(content: .sequence(items), place: place(sequence.mark))
    case .mapping(let mapping):
      return DocumentNode(
        content: .mapping(try entries(of: mapping, keyPath: keyPath, depth: depth)),
        place: place(mapping.mark))
    case .alias:
      throw failure("has an undefined alias", at: node.mark)
    }
  }

  private mutating func entries(
    of mapping: Node.Mapping, keyPath: String, depth: Int
  ) throws(ScenarioProblem) -> [DocumentEntry] {
    var entries: [DocumentEntry] = []
    for (key, value) in mapping {
      guard case .scalar(let scalar) = key else {
        add("has a list or a mapping as a key", keyPath: keyPath, at: key.mark)
        continue
      }
      let path = keyPath.isEmpty ? scalar.string : "\(keyPath).\(scalar.string)"
      guard scalar.string != "<<" else {
        add("merge keys are not supported: write the keys out", keyPath: path, at: key.mark)
        continue
      }
      entries.append(
        DocumentEntry(
          key: scalar.string, keyPlace: place(scalar.mark),
          value: try convert(value, keyPath: path, depth: depth + 1)))
    }
    return entries
  }

  /// Reports an explicit tag, read before Yams resolves it, so it is the one in the text.
  private mutating func refuseTag(of node: Node, keyPath: String) {
    let tag =
      switch node {
      // The parser itself adds this tag to quoted text.
      case .scalar(let scalar)
      where scalar.style != .plain && scalar.tag.rawValue == Tag.Name.str.rawValue: ""
      case .scalar(let scalar): scalar.tag.rawValue
      case .sequence(let sequence): sequence.tag.rawValue
      case .mapping(let mapping): mapping.tag.rawValue
      case .alias: ""
      }
    guard !tag.isEmpty else { return }
    add(
      "tag \(quoted(tag)) is not supported: write the value alone", keyPath: keyPath, at: node.mark)
  }

  private mutating func add(_ message: String, keyPath: String, at mark: Mark?) {
    let place = place(mark)
    problems.append(
      Diagnostic(
        source: source, line: place.line, column: place.column, keyPath: keyPath,
        message: message))
  }
}

extension DocumentReader {
  private func failure(_ message: String, at mark: Mark?) -> ScenarioProblem {
    failure(message, line: mark?.line, column: mark?.column)
  }

  private func failure(_ message: String, line: Int?, column: Int?) -> ScenarioProblem {
    .badData([
      Diagnostic(
        source: source, line: hasLines ? line : nil, column: hasLines ? column : nil, keyPath: "",
        message: message)
    ])
  }

  /// The problem that describes an error of the parser.
  private func failure(_ error: any Error, in text: String) -> ScenarioProblem {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return failure("is not valid YAML here: \(problem)", at: mark)
    case .reader(let problem, let offset, _, _):
      let before = text.prefix(offset ?? 0)
      let line = before.count { $0.isNewline } + 1
      let column = (before.split(separator: "\n", omittingEmptySubsequences: false).last ?? "")
        .count
      return failure("is not readable here: \(problem)", line: line, column: column + 1)
    case .duplicatedKeysInMapping(let keys, let context):
      let again = secondLine(of: keys.first ?? "", after: context.mark, in: text)
      let words = keys.map(quoted).joined(separator: ", ")
      return failure(
        "key \(words) is written twice, first in line \(context.mark.line)",
        line: again ?? context.mark.line, column: context.mark.column)
    default:
      return failure("is not valid YAML: \(error)", line: nil, column: nil)
    }
  }

  /// The next line on which a key of the same name starts in the same column.
  private func secondLine(of key: String, after mark: Mark, in text: String) -> Int? {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    guard mark.line < lines.count else { return nil }
    return (mark.line..<lines.count).first { index in
      let rest = lines[index].unicodeScalars.dropFirst(mark.column - 1)
      let indentation = lines[index].prefix { $0 == " " }.count
      return indentation == mark.column - 1 && String(rest).hasPrefix(key + ":")
    }.map { $0 + 1 }
  }
}
