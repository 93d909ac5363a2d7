// Loads of every expert in every layer: the input of a placement planner.

import Text

/// Loads of the routed experts, layer by layer.
package struct ExpertLoads: Hashable, Sendable {
  /// Layers with experts.
  package let layers: Int
  /// Routed experts per layer.
  package let experts: Int
  /// `[layers, experts]`, row-major; finite and not negative.
  package let values: [Float]

  /// - Precondition: `values` has layers x experts entries, all finite and not negative.
  package init(layers: Int, experts: Int, values: [Float]) {
    precondition(layers > 0 && experts > 0, "loads have a layer and an expert")
    precondition(values.count == layers * experts, "a load for each expert of each layer")
    precondition(values.allSatisfy { $0.isFinite && $0 >= 0 }, "loads are finite, not negative")
    self.layers = layers
    self.experts = experts
    self.values = values
  }

  /// Loads of one layer, `[experts]`.
  package subscript(layer: Int) -> [Float] {
    Array(values[layer * experts..<(layer + 1) * experts])
  }

  /// The element-wise sum of several loads.
  ///
  /// - Precondition: at least one, all of the same shape.
  package static func sum(_ loads: some Sequence<ExpertLoads>) -> ExpertLoads {
    let sum = loads.reduce(into: ExpertLoads?.none) { sum, next in
      guard let before = sum else { return sum = next }
      precondition(
        (next.layers, next.experts) == (before.layers, before.experts), "loads of one shape")
      sum = ExpertLoads(
        layers: next.layers, experts: next.experts,
        values: zip(before.values, next.values).map { $0 + $1 })
    }
    guard let sum else { preconditionFailure("a sum has a part") }
    return sum
  }
}

extension ExpertLoads {
  /// Reads comma-separated text: one row per layer, one column per expert, no header. Empty lines
  /// and lines that begin with `#` are skipped.
  ///
  /// - Parameters:
  ///   - text: content of the file.
  ///   - file: the file's name in messages.
  /// - Throws: `PlacementProblem` with every cell or row that is wrong.
  package init(csv text: String, file: String) throws(PlacementProblem) {
    var rows: [[Float]] = []
    var problems: [Explanation] = []
    var firstLine = 0
    var isTable = false
    // CR LF is a single Swift character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.trimmed
      if content.isEmpty || content.hasPrefix("#") { continue }
      let place = "\(file):\(index + 1)"
      let cells = content.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
      if rows.isEmpty { firstLine = index + 1 }
      if let first = rows.first, first.count != cells.count {
        problems.append(
          Explanation(
            "\(cells.count) columns where line \(firstLine) has \(first.count)", at: place,
            advice: ["expected: a column for each expert"]))
      }
      rows.append(
        cells.enumerated().map { column, cell in
          guard let value = Float(String(cell)), value.isFinite, value >= 0 else {
            problems.append(
              Explanation(
                "column \(column + 1): \(quoted(String(cell))) is not a count", at: place,
                advice: ["expected: a finite number, 0 or more\(Self.nearestCount(cell))"]))
            isTable = isTable || Float(String(cell)) != nil
            return 0
          }
          isTable = true
          return value
        })
    }
    if rows.isEmpty { problems.append(Explanation("has no row of counts", at: file)) }
    // A file of something else: its content is nobody's business.
    if !rows.isEmpty, !isTable {
      throw PlacementProblem([
        Explanation(
          "is not a table of counts: no cell is a number", at: file,
          advice: ["expected: a row for each layer, a column for each expert, with commas between"])
      ])
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    self.init(layers: rows.count, experts: rows[0].count, values: rows.flatMap { $0 })
  }

  private static func nearestCount(_ cell: Substring) -> String {
    guard let value = Float(String(cell)), value < 0 || value == .infinity else { return "" }
    return value < 0 ? "   nearest: 0" : "   nearest: \(Float.greatestFiniteMagnitude)"
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

/// What is wrong with loads or sizes of a placement.
package struct PlacementProblem: ExplainedError, Hashable {
  package let explanations: [Explanation]

  /// - Precondition: at least one problem.
  package init(_ explanations: [Explanation]) {
    precondition(!explanations.isEmpty, "an error has a reason")
    self.explanations = explanations
  }
}
