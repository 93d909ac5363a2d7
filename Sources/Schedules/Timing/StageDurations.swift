// Durations of cells for uneven stages, used by orders that depend on durations.

/// The durations of the cells of every stage of the path.
package struct StageDurations: Hashable, Sendable {
  /// Time from the end of a cell to the arrival of its output on another rank, on every hop.
  package let transfer: Double
  /// One entry per stage, or a single one if all stages are equal.
  private let stages: [CellDurations]

  /// Creates durations of equal stages.
  package init(equal durations: CellDurations) {
    stages = [durations]
    transfer = durations.transfer
  }

  /// Creates durations from one entry per stage of the path, in order. Orders are made with one
  /// transfer time: the longest of the entries.
  ///
  /// Precondition: `stages` is not empty.
  package init(_ stages: [CellDurations]) {
    precondition(!stages.isEmpty, "a path has a stage")
    self.stages = stages
    transfer = stages.reduce(0) { max($0, $1.transfer) }
  }

  /// The durations of a stage.
  package subscript(stage: Int) -> CellDurations { stages.count == 1 ? stages[0] : stages[stage] }

  /// The duration of a cell; for an overlapped one, the mean of its two stages' overlapped cells.
  package func duration(of cell: Cell) -> Double {
    switch cell {
    case .forward(let work), .backwardInput(let work), .backwardWeight(let work),
      .backward(let work):
      self[work.stage].duration(of: cell)
    case .overlapped(let forward, let backward):
      (self[forward.stage].overlappedOrSum + self[backward.stage].overlappedOrSum) / 2
    }
  }

  /// Whether there is an entry for each of `count` stages.
  func covers(_ count: Int) -> Bool { stages.count == 1 || stages.count == count }
}

/// Simulates a plan whose stages are uneven.
///
/// Complexity: O(cells).
/// Throws: `DeadlockProblem` if ranks wait for each other, with their missing inputs.
package func evaluate(
  _ plan: Plan, _ durations: StageDurations
) throws(DeadlockProblem) -> Timeline<Double> {
  try evaluate(plan, transfer: durations.transfer) { _, cell in durations.duration(of: cell) }
}
