// Integer durations for the greedy searches, which compare sums of durations for equality. With
// fractions such as 0.1, rounding errors would decide which of two equal waits is longer.

/// The durations of each stage, as whole multiples of a power of ten.
struct WholeDurations {
  /// Durations of one stage.
  struct Stage: Equatable {
    /// Forward (F).
    var forward: Int
    /// Input gradient (B).
    var backwardInput: Int
    /// Weight gradient (W).
    var backwardWeight: Int
  }

  /// One entry per stage of the path.
  let stages: [Stage]
  /// Time from the end of a cell to the arrival of its output on another rank.
  let transfer: Int

  /// Limit of a duration, so that the sum over the largest plan fits an `Int` (3 x 4e6 x 1e11).
  private static let largest = 1e11

  /// Scales the durations of `count` stages so that the longest has 11 digits. A short decimal such
  /// as 0.1 stays exact; any other number is off by at most 1e-10 of the longest.
  init(_ durations: StageDurations, stages count: Int) {
    var longest = durations.transfer
    for stage in 0..<count {
      let cells = durations[stage]
      longest = max(longest, cells.forward, cells.backwardInput, cells.backwardWeight)
    }
    var scale = 1.0
    while longest * scale >= Self.largest { scale /= 10 }
    while longest * scale * 10 < Self.largest, scale < 1e290 { scale *= 10 }
    func whole(_ duration: Double) -> Int { Int(duration * scale + 0.5) }
    stages = (0..<count).map { stage in
      Stage(
        forward: whole(durations[stage].forward),
        backwardInput: whole(durations[stage].backwardInput),
        backwardWeight: whole(durations[stage].backwardWeight))
    }
    transfer = whole(durations.transfer)
  }

  private init(stages: [Stage], transfer: Int) {
    self.stages = stages
    self.transfer = transfer
  }

  /// The inputs of a search: these durations and, if stages are uneven, also their means, because
  /// the authors' searches take one duration per pass.
  var views: [WholeDurations] {
    guard let first = stages.first, stages.contains(where: { $0 != first }) else { return [self] }
    func mean(_ pass: KeyPath<Stage, Int>) -> Int {
      stages.reduce(0) { $0 + $1[keyPath: pass] } / stages.count
    }
    let even = Stage(
      forward: mean(\.forward), backwardInput: mean(\.backwardInput),
      backwardWeight: mean(\.backwardWeight))
    return [self, WholeDurations(stages: stages.map { _ in even }, transfer: transfer)]
  }
}

/// The result of a greedy search.
struct GreedyOrder {
  /// The cells of each rank.
  var cells: [[Cell]]
  /// End of the last cell, in the search's integer units.
  var makespan: Int
}
