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

  /// Each command that is alone in an `sh` block, with the lines of the `text` block that follows.
  var printed: [(command: String, lines: [String])] {
    var printed: [(command: String, lines: [String])] = []
    var blocks: [(language: String, lines: [String])] = []
    var isOpen = false
    for line in lines {
      if line.hasPrefix("```") {
        isOpen.toggle()
        if isOpen { blocks.append((String(line.dropFirst(3)), [])) }
      } else if isOpen {
        blocks[blocks.count - 1].lines.append(line)
      }
    }
    for (first, second) in zip(blocks, blocks.dropFirst())
    where first.language == "sh" && first.lines.count == 1 && second.language == "text" {
      printed.append((first.lines[0], second.lines))
    }
    return printed
  }

  /// The commands of all `sh` blocks, in order.
  var commands: [Command] {
    var commands: [Command] = []
    var isShell = false
    var open = ""
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") {
        isShell = line == "```sh"
      } else if isShell {
        open += line.trimmed
        if open.hasSuffix("\\") {
          open.removeLast()
          continue
        }
        if let command = Self.command(open, line: number + 1) { commands.append(command) }
        open = ""
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
