// The figures of the event kernel as text for people and as JSON for scripts.

import Units

/// The figures of the event kernel, ready to be printed.
public struct KernelReport: Sendable {
  /// The figures, in the order they are printed.
  public var figures: [KernelFigure]

  /// Makes a report of figures.
  public init(_ figures: [KernelFigure]) {
    self.figures = figures
  }

  /// A table for people: four significant digits, a star at the default queue.
  public func table() -> String {
    var rows = [["workload", "waiting", "queue", "rate", "allocations", "checksum"]]
    for figure in figures {
      let allocations = figure.allocationsPerItem.map {
        significantText($0) + "/" + figure.item
      }
      rows.append([
        figure.workload, figure.population.map(String.init) ?? "-",
        figure.queue + (figure.isDefaultQueue ? " *" : ""),
        significantText(figure.itemsPerSecond / 1e6) + " M " + figure.item + "s/s",
        allocations ?? "not counted", hexadecimal(figure.checksum),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map(\.[column].count).max() ?? 0 }
    let lines = rows.map { row in
      var line = ""
      for (cell, width) in zip(row.dropLast(), widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return line + row[row.count - 1]
    }
    return lines.joined(separator: "\n") + "\n* the queue of `Kernel`; steps run on the heap\n"
  }

  /// A JSON array, one object and one line for each figure, at full precision.
  ///
  /// What is not there is `null`; a checksum is text, because it needs 64 bits.
  public func json() -> String {
    let objects = figures.map { figure in
      let fields = [
        ("workload", "\"\(figure.workload)\""),
        ("population", figure.population.map(String.init) ?? "null"),
        ("queue", "\"\(figure.queue)\""),
        ("isDefaultQueue", String(figure.isDefaultQueue)),
        ("item", "\"\(figure.item)\""),
        ("itemsPerSecond", String(figure.itemsPerSecond)),
        ("allocationsPerItem", figure.allocationsPerItem.map { String($0) } ?? "null"),
        ("checksum", "\"\(hexadecimal(figure.checksum))\""),
      ]
      return "  {" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }
    return "[\n" + objects.joined(separator: ",\n") + "\n]\n"
  }

  private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
