// Every published figure that the program can produce, by group.

/// The table of published figures.
package enum PublishedFigures {
  /// Every figure, in print order.
  package static let all: [Figure] = {
    let tables = [
      counts, exchanges, products, attention, limits, deployments, reliability, mainStep,
      throughput, parameters, reports,
    ]
    return Figure.Group.allCases.flatMap { group in
      tables.flatMap(\.self).filter { $0.group == group }
    }
  }()
}
