// A table of values separated by commas, whose lines are known.

/// A line of a table by the names of its columns.
struct CommaRow {
  let line: Int
  private let names: [String]
  private let cells: [String]

  init(_ line: Int, _ names: [String], _ cells: [String]) {
    self.line = line
    self.names = names
    self.cells = cells
  }

  /// The cell of a column; nil if there is none or it is empty.
  subscript(name: String) -> String? {
    guard let place = names.firstIndex(of: name), place < cells.count, !cells[place].isEmpty else {
      return nil
    }
    return cells[place]
  }

  /// The positive number of a column; nil if there is none.
  func number(_ names: String...) -> Double? {
    for name in names {
      if let number = self[name].flatMap({ Double($0) }), number > 0, number < 1e13 {
        return number
      }
    }
    return nil
  }

  /// A number that may be zero or below.
  func anyNumber(_ name: String) -> Double? { self[name].flatMap { Double($0) } }

  /// The cells of a line; a cell in quotes may contain commas.
  static func cells(_ line: Substring) -> [String] {
    var (cells, cell, isQuoted): ([String], String, Bool) = ([], "", false)
    for character in line {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        cells.append(String(trimmed(cell[...])))
        cell = ""
      } else {
        cell.append(character)
      }
    }
    return cells + [String(trimmed(cell[...]))]
  }
}
