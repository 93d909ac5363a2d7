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
    return aligned(rows) + "* the queue of `Kernel`; steps run on the heap\n"
  }

  /// A JSON array, one object and one line for each figure, at full precision.
  ///
  /// What is not there is `null`; a checksum is text, because it needs 64 bits.
  public func json() -> String {
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
