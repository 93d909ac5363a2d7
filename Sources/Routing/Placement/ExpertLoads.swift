// Loads of every expert in every layer: the input of a placement planner.

/// Loads of the routed experts, layer by layer.
public struct ExpertLoads: Hashable, Sendable {
  /// Layers with experts.
  public let layers: Int
  /// Routed experts per layer.
  public let experts: Int
  /// `[layers, experts]`, row-major; finite and not negative.
  public let values: [Float]

  /// - Precondition: `values` has layers x experts entries, all finite and not negative.
  public init(layers: Int, experts: Int, values: [Float]) {
    precondition(layers > 0 && experts > 0, "loads have a layer and an expert")
    precondition(values.count == layers * experts, "a load for each expert of each layer")
    precondition(values.allSatisfy { $0.isFinite && $0 >= 0 }, "loads are finite, not negative")
    self.layers = layers
    self.experts = experts
    self.values = values
  }

  /// Loads of one layer, `[experts]`.
  public subscript(layer: Int) -> [Float] {
    Array(values[layer * experts..<(layer + 1) * experts])
  }

  /// The element-wise sum of several loads.
  ///
  /// - Precondition: at least one, all of the same shape.
  public static func sum(_ loads: some Sequence<ExpertLoads>) -> ExpertLoads {
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
  /// - Parameter file: the file's name in messages.
  /// - Throws: `PlacementProblems` with every cell or row that is wrong.
  public init(csv text: String, file: String) throws(PlacementProblems) {
    var rows: [[Float]] = []
    var problems: [String] = []
    var firstLine = 0
    // CR LF is a single Swift character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let content = line.trimmed
      if content.isEmpty || content.hasPrefix("#") { continue }
      let cells = content.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
      if rows.isEmpty { firstLine = index + 1 }
      if let first = rows.first, first.count != cells.count {
        problems.append(
          "\(file):\(index + 1): error: \(cells.count) columns where line \(firstLine) has"
            + " \(first.count)\n  expected: a column for each expert")
      }
      rows.append(
        cells.enumerated().map { column, cell in
          guard let value = Float(String(cell)), value.isFinite, value >= 0 else {
            problems.append(
              "\(file):\(index + 1): error: column \(column + 1): \"\(cell)\" is no count\n"
                + "  expected: a finite number, 0 or more\(Self.nearestCount(cell))")
            return 0
          }
          return value
        })
    }
    if rows.isEmpty { problems.append("\(file): error: has no row of counts") }
    guard problems.isEmpty else { throw PlacementProblems(problems) }
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

/// What is wrong with loads or sizes of a placement; each text ends the message of a program.
public struct PlacementProblems: Error, Hashable, CustomStringConvertible {
  /// Every problem, never empty.
  public let texts: [String]

  /// - Precondition: at least one problem.
  public init(_ texts: [String]) {
    precondition(!texts.isEmpty, "an error has a reason")
    self.texts = texts
  }

  /// The problems, one after the other; beyond twenty they are only counted.
  public var description: String {
    let shown = texts.prefix(20)
    let rest = texts.count - shown.count
    return (shown + (rest > 0 ? ["and \(rest) more problems"] : [])).joined(separator: "\n")
  }
}
