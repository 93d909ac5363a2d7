// A table of one's own measurements: one heading a class, then its rows.
//
//   class,kind,gpu,m,n,k,microseconds
//   gemm,bf16,h100-sxm,4096,4096,7168,312.4

import KernelTimes
import Text

/// Reads tables of class, kind, GPU, extents and time.
enum PlainTable {
  private static let start = ["class", "kind", "gpu"]
  /// Microseconds of each unit that a heading may name.
  private static let units: [(name: String, microseconds: Double)] = [
    ("microseconds", 1), ("us", 1), ("milliseconds", 1e3), ("ms", 1e3), ("seconds", 1e6),
  ]
  /// Columns that may be means, or no counts at all.
  private static let fractions = ["context", "bytes", "bytes_per_token", "products_per_token"]

  static func isHeader(_ line: Substring) -> Bool {
    Array(CommaRow.cells(line).prefix(3)) == start
  }

  static func read(_ text: String) -> Reading {
    var reading = Reading()
    var names: [String] = []
    var scale: Double?
    for (line, text) in numberedLines(text) where !text.isEmpty && !text.hasPrefix("#") {
      let cells = CommaRow.cells(text)
      if isHeader(text) {
        names = cells
        scale = units.first { $0.name == cells.last }?.microseconds
        if scale == nil {
          reading.leaveOut(
            line, .refused,
            "\(quoted(cells.last ?? "")) is no unit of time; "
              + knownText(units.map(\.name), insteadOf: cells.last ?? ""))
        }
        continue
      }
      guard let scale, let unit = names.last else {
        reading.leaveOut(line, .refused, "the heading above has no unit of time")
        continue
      }
      guard cells.count == names.count else {
        reading.leaveOut(line, .refused, "has \(cells.count) of \(names.count) cells")
        continue
      }
      reading.add(row(CommaRow(line, names, cells), (unit, scale)), line: line)
    }
    return reading
  }

  private static func row(
    _ row: CommaRow, _ unit: (name: String, microseconds: Double)
  ) -> LineOutcome {
    guard let name = row["class"], let kernelClass = MeasuredClass(rawValue: name) else {
      let name = row["class"] ?? ""
      return .leftOut(
        .refused,
        "\(quoted(name)) is no class of kernels; "
          + knownText(MeasuredClass.allCases.map(\.rawValue), insteadOf: name))
    }
    guard let kind = row["kind"],
      kind.allSatisfy({ ($0.isLetter || $0.isNumber || $0 == "_") && $0.isASCII })
    else { return .leftOut(.refused, "the kind is no word of letters, digits and _") }
    guard let time = row.anyNumber(unit.name) else {
      return .leftOut(.refused, "\(quoted(row[unit.name] ?? "")) is no time")
    }
    var extents: [Double] = []
    for column in kernelClass.columns {
      guard let word = row[column] else {
        return .leftOut(
          .refused,
          "\(column) is missing; columns of \(name): "
            + kernelClass.columns.joined(separator: ","))
      }
      guard let value = MeasuredClass.extent(word, column: column) else {
        return .leftOut(.refused, "\(column) \(quoted(word)) is no extent")
      }
      guard fractions.contains(column) || value == value.rounded() else {
        return .leftOut(.refused, "\(column) \(quoted(word)) is no whole number")
      }
      extents.append(value)
    }
    return .row(
      TakenRow(
        kernelClass, kind, gpu: row["gpu"], extents, microseconds: time * unit.microseconds,
        line: row.line))
  }
}
