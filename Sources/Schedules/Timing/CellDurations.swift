// Durations for plans whose stages are all equal, in any common unit of time. Uneven stages use
// `evaluate(_:transfer:duration:)`.

import Text

/// The durations of cells when all stages are equal, per cell of the plan's own stage size.
package struct CellDurations: Hashable, Sendable {
  /// Forward of one microbatch on one stage (F).
  package let forward: Double
  /// Input-gradient half of the backward (B).
  package let backwardInput: Double
  /// Weight-gradient half of the backward (W).
  package let backwardWeight: Double
  /// One overlapped forward and full backward (FB); nil means F + B + W, no gain from overlap.
  package let overlapped: Double?
  /// Time from the end of a cell to the arrival of its output on another rank.
  package let transfer: Double

  /// Sums over the cells of any plan stay finite.
  static let longest = 1e300

  /// F = B = W = 1 without transfer time.
  package static let unit = CellDurations()

  /// Creates durations.
  ///
  /// Throws: `DurationProblem` with every broken rule.
  package init(
    forward: Double, backwardInput: Double, backwardWeight: Double, overlapped: Double? = nil,
    transfer: Double = 0
  ) throws(DurationProblem) {
    self.forward = forward
    self.backwardInput = backwardInput
    self.backwardWeight = backwardWeight
    self.overlapped = overlapped
    self.transfer = transfer
    let problems = self.problems
    if !problems.isEmpty { throw DurationProblem(sentences: problems) }
  }

  private init() {
    (forward, backwardInput, backwardWeight, overlapped, transfer) = (1, 1, 1, nil, 0)
  }

  /// The full backward in one piece (D = B + W).
  package var backward: Double { backwardInput + backwardWeight }

  /// One overlapped cell, with the default filled in.
  package var overlappedOrSum: Double { overlapped ?? forward + backwardInput + backwardWeight }

  /// The duration of a cell.
  package func duration(of cell: Cell) -> Double {
    switch cell {
    case .forward: forward
    case .backwardInput: backwardInput
    case .backwardWeight: backwardWeight
    case .backward: backward
    case .overlapped: overlappedOrSum
    }
  }

  private var problems: [String] {
    var found: [String] = []
    let named: [(String, Double?)] = [
      ("forward", forward), ("backwardInput", backwardInput), ("backwardWeight", backwardWeight),
      ("overlapped", overlapped), ("transfer", transfer),
    ]
    for case (let name, let value?) in named where !(0...Self.longest).contains(value) {
      found.append("\(name)=\(value): must be between 0 and \(Self.longest)")
    }
    guard found.isEmpty else { return found }
    let sum = forward + backward
    if !(sum > 0 && sum.isFinite) {
      found.append("forward+backwardInput+backwardWeight=\(sum): must be above 0 and finite")
    }
    if let overlapped, overlapped < max(forward, backward) {
      found.append(
        "overlapped=\(overlapped): must be at least max(forward, backwardInput+backwardWeight)"
          + "=\(max(forward, backward))")
    }
    return found
  }
}

/// Every rule that a set of durations breaks.
package struct DurationProblem: ExplainedError, Hashable {
  /// One sentence per problem: field, value, rule.
  package var sentences: [String]

  package var explanations: [Explanation] { sentences.map { Explanation($0) } }
}
