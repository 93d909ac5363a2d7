// Counts in nested lists of JSON: layers of experts, or steps of layers of experts, which are
// summed.

import Text

/// Counts in nested lists.
struct NestedCounts {
  /// The tables, `[steps][layers]` with a list of numbers for each layer.
  private let steps: [[LinedJSON]]

  /// The number of tables.
  var count: Int { steps.count }

  init(_ value: LinedJSON) { steps = Self.tables(in: value) }

  private static func tables(in value: LinedJSON) -> [[LinedJSON]] {
    let isTable = value.items.first?.items.first.map { $0.items.isEmpty } ?? true
    return isTable ? [value.items] : value.items.flatMap { tables(in: $0) }
  }

  /// The sum of all tables.
  ///
  /// - Throws: `PlacementProblem` with the line of each value that is no count, and of each table
  ///   or row of another size.
  func loads(file: String) throws(PlacementProblem) -> ExpertLoads {
    let (layers, experts) = (steps.first?.count ?? 0, steps.first?.first?.items.count ?? 0)
    guard layers > 0, experts > 0 else {
      throw PlacementProblem([Explanation("has no row of counts", at: file)])
    }
    var sums = [Double](repeating: 0, count: layers * experts)
    var problems: [Explanation] = []
    for step in steps {
      guard step.count == layers else {
        problems.append(
          Explanation(
            "\(step.count.times("layer")) where the first step has \(layers)",
            at: "\(file):\(step.first?.line ?? 1)"))
        continue
      }
      for (layer, row) in step.enumerated() {
        guard row.items.count == experts else {
          problems.append(
            Explanation(
              "\(row.items.count.times("expert")) where the first layer has \(experts)",
              at: "\(file):\(row.line)", advice: ["expected: a count for each expert"]))
          continue
        }
        for (expert, cell) in row.items.enumerated() {
          guard case .number(let count) = cell.content, count.isFinite, count >= 0 else {
            problems.append(
              Explanation(
                "layer \(layer), expert \(expert): not a count", at: "\(file):\(cell.line)",
                advice: ["expected: a finite number, 0 or more"]))
            continue
          }
          sums[layer * experts + expert] += count
        }
      }
    }
    let values = sums.map { Float($0) }
    if problems.isEmpty, !values.allSatisfy(\.isFinite) {
      problems.append(Explanation("has counts that are too large", at: file))
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    return ExpertLoads(layers: layers, experts: experts, values: values)
  }
}
