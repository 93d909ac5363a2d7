// The README as data: its sections, their tables, and the commands in its `sh` blocks.

/// A README in Markdown, parsed as far as the tests need.
struct Readme: Sendable {
  /// One row of a table: cells by column title, without back quotes.
  typealias Row = [String: String]

  /// A command line of an `sh` block.
  struct Command: Equatable, Sendable {
    /// The text without prompt and comment.
    var text: String
    /// The status in a trailing `# exit 65`; 0 if there is none.
    var exitStatus: Int32
    /// 1-based.
    var line: Int
    /// Lines that it prints: those of a `text` block that follows, if it is alone in its block.
    var printed: [String] = []
  }

  private let lines: [String]

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The lines below a heading, up to the next heading of the same or a higher level.
  func section(_ title: String) -> [String] {
    guard let start = lines.firstIndex(where: { $0.hasPrefix("#") && heading($0) == title })
    else { return [] }
    let level = lines[start].prefix { $0 == "#" }.count
    return Array(
      lines[(start + 1)...].prefix {
        let marks = $0.prefix { $0 == "#" }.count
        return marks == 0 || marks > level
      })
  }

  /// The texts of the blocks in a language in a section.
  func blocks(_ language: String, in title: String) -> [String] {
    var blocks: [String] = []
    var isOpen = false
    for line in section(title) {
      if line.hasPrefix("```") {
        isOpen = line == "```" + language
        if isOpen { blocks.append("") }
      } else if isOpen {
        blocks[blocks.count - 1] += line + "\n"
      }
    }
    return blocks
  }

  /// The rows of the first table of a section.
  func table(_ title: String) -> [Row] {
    let rows = section(title).drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.map(cells)
    guard let columns = rows.first else { return [] }
    return rows.dropFirst(2).map { Dictionary(zip(columns, $0)) { first, _ in first } }
  }

  /// The first word of each cell in a column of a section's table, for example the names of a
  /// catalogue.
  func names(_ title: String, column: String) -> [String] {
    table(title).map { String(($0[column] ?? "").prefix { $0 != " " }) }
  }

  /// The commands of all `sh` blocks, in order.
  var commands: [Command] {
    var commands: [Command] = []
    var language: String?
    // Commands of the last `sh` block, until another one follows.
    var inBlock = 0
    var open = ""
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        language = language == nil ? String(line.dropFirst(3)) : nil
        if let language, language != "text" || !(commands.last?.printed.isEmpty ?? true) {
          inBlock = 0
        }
      } else if language == "sh" {
        open += line.trimmed
        if open.hasSuffix("\\") {
          open.removeLast()
          continue
        }
        if let command = Self.command(open, line: number + 1) {
          commands.append(command)
          inBlock += 1
        }
        open = ""
      } else if language == "text", inBlock == 1 {
        commands[commands.count - 1].printed.append(line)
      }
    }
    return commands
  }

  private static func command(_ text: String, line: Int) -> Command? {
    let text = text.hasPrefix("$ ") ? String(text.dropFirst(2)) : text
    let parts = text.split(
      separator: #/(^|\s)#\s?/#, maxSplits: 1, omittingEmptySubsequences: false)
    let comment = parts.count > 1 ? String(parts[1]) : ""
    let status = comment.firstMatch(of: #/exit (\d+)/#).flatMap { Int32($0.1) } ?? 0
    let body = parts.first.map { String($0).trimmed } ?? ""
    return body.isEmpty ? nil : Command(text: body, exitStatus: status, line: line)
  }

  private func heading(_ line: String) -> String {
    String(line.drop { $0 == "#" }).trimmed
  }

  private func cells(_ line: String) -> [String] {
    line.trimmed.dropFirst().dropLast(line.trimmed.hasSuffix("|") ? 1 : 0)
      .split(separator: "|", omittingEmptySubsequences: false)
      .map { String($0.filter { $0 != "`" }).trimmed }
  }
}

extension String {
  /// The text without white space at either end.
  var trimmed: String {
    let end = lastIndex { !$0.isWhitespace }.map { index(after: $0) } ?? startIndex
    return String(self[..<end].drop { $0.isWhitespace })
  }
}
