// The README or a page of docs as data: its sections, their tables, blocks and links.

/// A page in Markdown, parsed as far as the tests need.
struct Readme: Sendable {
  /// One row of a table: cells by column title, without back quotes.
  typealias Row = [String: String]

  /// The lines of the text.
  let lines: [String]

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The lines below a heading, up to the next heading of the same or a higher level.
  func section(_ title: String) -> [String] {
    var isOpen = false
    var level = 0
    var section: [String] = []
    for line in lines {
      if line.hasPrefix("```") { isOpen.toggle() }
      let marks = isOpen ? 0 : line.prefix { $0 == "#" }.count
      if level == 0 {
        if marks > 0, heading(line) == title { level = marks }
      } else if marks > 0, marks <= level {
        return section
      } else {
        section.append(line)
      }
    }
    return section
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

  /// Where the links and pictures lead, in order.
  var links: [String] {
    lines.joined(separator: "\n").matches(of: #/\]\(([^()\s]+)\)|src="([^"]+)"/#)
      .map { String($0.1 ?? $0.2 ?? "") }
  }

  /// The heading lines, marks included.
  var headings: [String] {
    var isOpen = false
    return lines.filter { line in
      if line.hasPrefix("```") { isOpen.toggle() }
      return !isOpen && line.hasPrefix("#")
    }
  }

  /// The headings as they stand in links: `one-step-of-inference`.
  var anchors: [String] {
    headings.map { line in
      String(
        heading(line).lowercased().compactMap { letter in
          letter == " " ? "-" : letter.isLetter || letter.isNumber || letter == "-" ? letter : nil
        })
    }
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
