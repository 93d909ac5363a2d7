// Durations of cells where stages are uneven, as real ones are: for orders that are made for them.

/// The durations of the cells of every stage of the path.
package struct StageDurations: Hashable, Sendable {
  /// From the end of a cell to its output's arrival on another rank, on every hop.
  package let transfer: Double
  /// One entry a stage, or a single one where all stages are equal.
  private let stages: [CellDurations]

  /// All stages alike.
  package init(equal durations: CellDurations) {
    stages = [durations]
    transfer = durations.transfer
  }

  /// One entry for each stage of the path, in its order. Orders are made with one transfer time:
  /// the longest of the entries.
  ///
  /// Precondition: `stages` is not empty.
  package init(_ stages: [CellDurations]) {
    precondition(!stages.isEmpty, "a path has a stage")
    self.stages = stages
    transfer = stages.reduce(0) { max($0, $1.transfer) }
  }

  /// The durations of a stage.
  package subscript(stage: Int) -> CellDurations { stages.count == 1 ? stages[0] : stages[stage] }

  /// The duration of a cell; an overlapped one takes the mean of what its two stages would.
  package func duration(of cell: Cell) -> Double {
    switch cell {
    case .forward(let work), .backwardInput(let work), .backwardWeight(let work),
      .backward(let work):
      self[work.stage].duration(of: cell)
    case .overlapped(let forward, let backward):
      (self[forward.stage].overlappedOrSum + self[backward.stage].overlappedOrSum) / 2
    }
  }

  /// Whether there is an entry for each of so many stages.
  func covers(_ count: Int) -> Bool { stages.count == 1 || stages.count == count }
}

/// Plays a plan whose stages are uneven.
///
/// Complexity: O(cells).
/// Throws: `DeadlockProblem` when ranks wait for each other, naming who waits for what.
package func evaluate(
  _ plan: Plan, _ durations: StageDurations
) throws(DeadlockProblem) -> Timeline<Double> {
  try evaluate(plan, transfer: durations.transfer) { _, cell in durations.duration(of: cell) }
}
