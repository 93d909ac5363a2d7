// The legs of a run: steps that take the same time, up to the next save, pause or change of steps.
// A run can only go back to the start of a leg.

/// Some steps, and what happens after them.
struct RunLeg: Hashable, Sendable {
  var phase: Int
  /// Steps before the leg.
  var start: Int
  var steps: Int
  /// Seconds of a step, without waiting for data.
  var stepSeconds: Double
  /// The same if all GPUs were alike.
  var idealSeconds: Double
  /// Seconds that a step waits for data.
  var stallSeconds: Double
  var tokensPerStep: Double
  /// The kinds of checkpoints that are due at its end.
  var saves: [Int] = []
  /// Whether the run is evaluated at its end.
  var isEvaluated = false

  /// Seconds of all its steps, on nodes that are not slow.
  var seconds: Double { Double(steps) * (stepSeconds + stallSeconds) }
}

extension RunProcess {
  /// The most legs of a run that is simulated.
  package static let legLimit = 1_000_000

  /// The steps after which something happens: saves by kind, and evaluations. Nil if they are more
  /// than a run may have legs.
  func legs() -> [RunLeg]? {
    var legs: [RunLeg] = []
    var start = 0
    // Seconds of steps since the last save of each kind that is due by time.
    var since = [Double](repeating: 0, count: checkpoints.count)
    for stretch in stretches where stretch.steps > 0 {
      let step = RunSeconds.positive(stretch.stepSeconds)
      let stall = RunSeconds.rounded(stretch.stallSeconds)
      var left = stretch.steps
      while left > 0 {
        guard legs.count < Self.legLimit else { return nil }
        let distances = checkpoints.indices.map { distance($0, start, since[$0], step + stall) }
        let evaluation = evaluation.map { $0.everySteps - start % $0.everySteps }
        let steps = min(left, (distances + [evaluation ?? left]).min() ?? left)
        var leg = RunLeg(
          phase: stretch.phase, start: start, steps: steps, stepSeconds: step,
          idealSeconds: RunSeconds.positive(stretch.idealSeconds), stallSeconds: stall,
          tokensPerStep: stretch.tokensPerStep)
        leg.saves = checkpoints.indices.filter { distances[$0] == steps }
        leg.isEvaluated = evaluation == steps
        for level in checkpoints.indices {
          since[level] = distances[level] == steps ? 0 : since[level] + leg.seconds
        }
        legs.append(leg)
        start += steps
        left -= steps
      }
    }
    guard let last = legs.indices.last, let level = checkpoints.indices.last else { return legs }
    if !savesAtEnd {
      legs[last].saves = []
    } else if !legs[last].saves.contains(level) {
      legs[last].saves.append(level)
    }
    return legs
  }

  /// Steps until the next save of a kind.
  ///
  /// - Parameters:
  ///   - since: seconds of steps since the last one.
  ///   - step: seconds of a step from here on.
  private func distance(_ level: Int, _ start: Int, _ since: Double, _ step: Double) -> Int {
    switch checkpoints[level].interval {
    case .steps(let count): count - start % count
    case .seconds(let seconds): max(1, Int(min(((seconds - since) / step).rounded(), 1e15)))
    }
  }
}
