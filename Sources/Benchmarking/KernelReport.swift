// The speed of the event kernel as a table and as JSON.

import Units

/// The speed of the event kernel as a table and as JSON.
package struct KernelReport: Sendable {
  /// The figures, in printing order.
  package var figures: [KernelFigure]

  /// A report of figures.
  package init(_ figures: [KernelFigure]) {
    self.figures = figures
  }

  /// A table with four significant digits; an asterisk marks the default queue.
  package func table() -> String {
    var rows = [["workload", "pending", "queue", "rate", "allocations", "checksum"]]
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
    return aligned(rows) + "* default queue of `Kernel`; simulated steps use the heap\n"
  }

  /// A JSON array with one object per figure, at full precision.
  ///
  /// A checksum is a string, because JSON numbers may lose some of its 64 bits.
  package func json() -> String {
    jsonLines(
      figures.map { figure in
        [
          "workload": figure.workload, "population": figure.population, "queue": figure.queue,
          "isDefaultQueue": figure.isDefaultQueue, "item": figure.item,
          "itemsPerSecond": figure.itemsPerSecond, "allocationsPerItem": figure.allocationsPerItem,
          "checksum": hexadecimal(figure.checksum),
        ]
      }) + "\n"
  }

  private func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
