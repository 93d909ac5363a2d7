// Tables of counts: a row for each layer, a column for each expert. Separators, a header and a
// column of row numbers are recognised, because spreadsheets and pandas write them unasked.

import Text

/// A table of counts, split into cells but not yet checked.
struct CountsTable {
  private struct Row {
    var line: Int
    var cells: [Substring]
  }

  private let rows: [Row]
  private let separator: Separator
  private let hasHeader: Bool
  /// Columns before the first count: 1 for a column of row numbers or names.
  private let labels: Int

  /// Reads the structure of a text. Empty lines and lines that begin with `#` are skipped.
  init(_ text: Substring, experts: Int?) {
    var rows: [Row] = []
    var separator: Separator?
    // CR LF is a single Swift character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.trimmed
      if content.isEmpty || content.hasPrefix("#") { continue }
      let found = separator ?? Separator(of: content)
      separator = found
      rows.append(Row(line: index + 1, cells: found.cells(of: content)))
    }
    let reading = separator ?? .comma
    let cells = rows.map(\.cells)
    let hasHeader = Self.hasHeader(cells, reading)
    labels = Self.labels(
      header: hasHeader ? cells.first : nil, hasHeader ? Array(cells.dropFirst()) : cells, reading,
      experts: experts)
    self.rows = hasHeader ? Array(rows.dropFirst()) : rows
    self.hasHeader = hasHeader
    self.separator = reading
  }

  /// What was recognised besides counts, as the end of a sentence; empty for plain tables.
  var form: String {
    let parts = [
      separator == .comma ? nil : separator.rawValue,
      hasHeader ? "a header" : nil, labels > 0 ? "a column of row numbers" : nil,
    ].compactMap { $0 }
    guard let last = parts.last else { return "" }
    let head = parts.dropLast().joined(separator: ", ")
    return ", with " + (head.isEmpty ? "" : head + " and ") + last
  }

  /// The counts.
  ///
  /// - Throws: `PlacementProblem` with every cell or row that is wrong.
  func loads(file: String) throws(PlacementProblem) -> ExpertLoads {
    guard let first = rows.first else {
      throw PlacementProblem([Explanation("has no row of counts", at: file)])
    }
    var values: [Float] = []
    var problems: [Explanation] = []
    var isTable = false
    for row in rows {
      let place = "\(file):\(row.line)"
      if row.cells.count != first.cells.count {
        problems.append(
          Explanation(
            "\(row.cells.count) columns where line \(first.line) has \(first.cells.count)",
            at: place, advice: ["expected: a column for each expert"]))
      }
      for (column, cell) in row.cells.enumerated().dropFirst(labels) {
        let number = separator.number(cell)
        isTable = isTable || number != nil
        guard let number, number.isFinite, number >= 0 else {
          problems.append(
            Explanation(
              "column \(column + 1): \(quoted(String(cell))) is not a count", at: place,
              advice: ["expected: a finite number, 0 or more\(Self.nearest(number))"]))
          continue
        }
        values.append(number)
      }
    }
    // A file of something else: its content is nobody's business.
    guard isTable else {
      throw PlacementProblem([
        Explanation(
          "is not a table of counts: no cell is a number", at: file,
          advice: ["expected: a row for each layer, a column for each expert, with commas between"])
      ])
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    return ExpertLoads(layers: rows.count, experts: first.cells.count - labels, values: values)
  }

  private static func nearest(_ value: Float?) -> String {
    guard let value, value < 0 || value == .infinity else { return "" }
    return value < 0 ? "   nearest: 0" : "   nearest: \(Float.greatestFiniteMagnitude)"
  }

  /// Whether the first row names the columns: no cell is a number, or the numbers are those of the
  /// columns, 0 to n or 1 to n, as pandas writes them.
  private static func hasHeader(_ rows: [[Substring]], _ separator: Separator) -> Bool {
    guard rows.count > 1 else { return false }
    let numbers = rows[0].map(separator.number)
    if numbers.allSatisfy({ $0 == nil }) {
      return rows[1].contains { separator.number($0) != nil }
    }
    guard numbers.count > 3 else { return false }
    return isRun(numbers.dropFirst(numbers[0] == nil ? 1 : 0), from: [0, 1])
      && (numbers[0] == nil || numbers[0] == 0)
  }

  /// Columns before the counts: row numbers under an empty or telling name, or names of rows, or
  /// consecutive numbers that make one column too many.
  private static func labels(
    header: [Substring]?, _ rows: [[Substring]], _ separator: Separator, experts: Int?
  ) -> Int {
    guard let first = rows.first, first.count > 1 else { return 0 }
    let heads = rows.map { $0.first.flatMap(separator.number) }
    let name = header?.first.map { $0.lowercased() }
    if let name, Self.labelNames.contains(where: { name == $0 }) { return 1 }
    let isNamed = rows.allSatisfy { row in
      row.count > 1 && row[0].contains(where: \.isLetter) && separator.number(row[0]) == nil
        && separator.number(row[1]) != nil
    }
    if isNamed { return 1 }
    let isExtra =
      experts.map { first.count == $0 + 1 } ?? (rows.count > 1 && first.count % 2 == 1)
    return isExtra && isRun(heads[...], from: nil) ? 1 : 0
  }

  private static let labelNames = [
    "", "unnamed: 0", "index", "layer", "layers", "layer_id", "layer_idx", "layer id", "row",
  ]

  /// Whether numbers are consecutive whole ones, from one of some numbers or from any.
  private static func isRun(_ numbers: ArraySlice<Float?>, from starts: [Float]?) -> Bool {
    guard let first = numbers.first ?? nil, first >= 0, first == first.rounded(),
      starts?.contains(first) ?? true
    else { return false }
    return numbers.enumerated().allSatisfy { $0.element == first + Float($0.offset) }
  }
}

/// What stands between the cells of a table.
private enum Separator: String {
  case comma = "commas"
  case semicolon = "semicolons"
  case tabulator = "tabulators"
  case space = "spaces"

  /// The separator of a line.
  init(of line: Substring) {
    if line.contains(";") {
      self = .semicolon
    } else if line.contains(",") {
      self = .comma
    } else if line.contains("\t") {
      self = .tabulator
    } else {
      self = line.contains(" ") ? .space : .comma
    }
  }

  /// The cells of a line, without white space and quotes around them.
  func cells(of line: Substring) -> [Substring] {
    let cells =
      switch self {
      case .comma: line.split(separator: ",", omittingEmptySubsequences: false)
      case .semicolon: line.split(separator: ";", omittingEmptySubsequences: false)
      case .tabulator: line.split(separator: "\t", omittingEmptySubsequences: false)
      case .space: line.split(separator: " ")
      }
    return cells.map { cell in
      let text = cell.trimmed
      let isQuoted = text.count > 1 && text.first == "\"" && text.last == "\""
      return isQuoted ? text.dropFirst().dropLast() : text
    }
  }

  /// The number in a cell. Where semicolons separate cells, a comma is the decimal mark.
  func number(_ cell: Substring) -> Float? {
    self == .semicolon && cell.contains(",")
      ? Float(String(cell.map { $0 == "," ? "." : $0 })) : Float(String(cell))
  }
}

extension Substring {
  /// The text without leading and trailing white space.
  fileprivate var trimmed: Substring {
    var view = self
    while let first = view.first, first.isWhitespace { view.removeFirst() }
    while let last = view.last, last.isWhitespace { view.removeLast() }
    return view
  }
}
