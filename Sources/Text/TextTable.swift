// Tables of text with aligned columns. Cells are plain text; the caller rounds the numbers.

/// A table that is filled row by row and printed with aligned columns.
public struct TextTable: Sendable {
  /// The side on which the cells of a column are aligned.
  public enum Alignment: Sendable { case left, right }

  private var titles: [String]
  private var alignments: [Alignment]
  private var rows: [[String]] = []
  private let indent: Int

  /// Creates an empty table. If every title is empty, no header is printed.
  public init(columns: [(title: String, alignment: Alignment)], indent: Int = 0) {
    titles = columns.map(\.title)
    alignments = columns.map(\.alignment)
    self.indent = indent
  }

  /// Adds a row.
  ///
  /// - Precondition: one cell per column.
  public mutating func addRow(_ cells: [String]) {
    precondition(cells.count == titles.count, "a row has a cell per column")
    rows.append(cells.map(Self.printable))
  }

  /// All lines, each ending with a line feed and without trailing spaces.
  public var text: String {
    let hasHead = titles.contains { !$0.isEmpty }
    let head = titles.map(Self.printable)
    let lines = (hasHead ? [head] : []) + rows
    let widths = titles.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for (index, cells) in lines.enumerated() {
      text += line(cells, widths)
      if hasHead, index == 0 {
        text += line(widths.map { String(repeating: "-", count: $0) }, widths)
      }
    }
    return text
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = String(repeating: " ", count: indent)
    for (column, cell) in cells.enumerated() {
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      line += (column == 0 ? "" : "  ")
      line += alignments[column] == .right ? padding + cell : cell + padding
    }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }

  /// The cell with control characters escaped, so that it stays on one line and cannot control a
  /// terminal.
  public static func printable(_ cell: String) -> String {
    guard cell.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
    else { return cell }
    return cell.unicodeScalars.map { scalar in
      switch scalar {
      case "\n": "\\n"
      case "\r": "\\r"
      case "\t": "\\t"
      default:
        scalar.properties.generalCategory == .control
          ? "\\u{\(String(scalar.value, radix: 16))}" : String(Character(scalar))
      }
    }.joined()
  }
}
