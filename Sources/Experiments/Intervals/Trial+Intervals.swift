// The 90 % intervals of a run's figures.
//
// By default, draws of all kernel times are ranked by what they make of the step in a linear
// approximation, and the three nearest to its 5 and 95 % points are simulated in full. If these lie
// far from the approximation, as where a step waits for something else than it did, the result says
// so. With a number of replications, that many draws are simulated. Decisions, such as the
// partition into stages, are those at the best estimates.

import Cluster
import Numerics
import Recording
import Synchronization
import Units

/// How intervals are found.
package enum IntervalChoice: Hashable, Sendable {
  /// Not at all.
  case without
  /// Not at all, but with draws of an approximation for comparisons.
  case approximate
  /// From the draws at the ends of a linear approximation.
  case nearest
  /// From so many simulated draws.
  case replications(Int)

  /// What tells experiments with other draws apart.
  var name: String {
    switch self {
    case .without: "none"
    case .approximate: "approximate"
    case .nearest: "nearest"
    case .replications(let count): "\(count) replications"
    }
  }

  /// The fewest replications whose extremes lie outside the 90 % interval.
  package static let fewestReplications = 19
  /// Draws of the linear approximation, those of them that are kept, and simulated ones at each
  /// end.
  static let approximated = 400
  static let kept = 99
  static let simulated = 3
}

extension Trial {
  /// Adds the intervals of a result's figures.
  ///
  /// - Throws: as `run`.
  func addIntervals(
    _ choice: IntervalChoice, to result: inout SimulationResult, of workload: any Workload,
    shared: SharedCosts, workers: Workers
  ) throws {
    // That of a step is cheap; other questions simulate a step for it.
    let isStep = result.value(.stepTime) != nil
    let spread =
      isStep || choice != .without ? try workload.spread(of: result, shared: shared) : nil
    if let text = spread?.supportText { result.assumptions.append(text) }
    switch choice {
    case .without: return
    case .approximate:
      guard let spread else { return }
      let draws = self.draws(IntervalChoice.kept)
      result.keepErrors(
        try workload.timeRatios(
          draws, spread, of: result, shared: shared, workers: workers))
    case .nearest:
      guard let spread else { return result.tellNoTypicalStep() }
      try addNearest(spread, to: &result, of: workload, shared: shared, workers: workers)
    case .replications(let count):
      let metrics = simulated(draws(count), of: workload, shared: shared, workers: workers)
      guard metrics.count == count else { return result.tellRefusals(count - metrics.count, count) }
      result.addIntervals(of: metrics)
    }
  }

  /// Adds intervals from the draws nearest to the ends of an approximation, and says if these lie
  /// far from it.
  private func addNearest(
    _ spread: StepSpread, to result: inout SimulationResult, of workload: any Workload,
    shared: SharedCosts, workers: Workers
  ) throws {
    let isStep = result.value(.stepTime) != nil
    let draws = self.draws(IntervalChoice.approximated)
    let errors = workers.map(draws.count) { spread.error(draws[$0]) }
    if isStep { result.keepErrors(errors.prefix(IntervalChoice.kept).map(exponential)) }
    let order = draws.indices.sorted { (errors[$0], $0) < (errors[$1], $1) }
    let each = IntervalChoice.simulated
    let nearest = [0.05, 0.95].flatMap { probability in
      let middle = Int((probability * Double(draws.count)).rounded())
      let first = min(max(0, middle - each / 2), draws.count - each)
      return order[first..<(first + each)].map { draws[$0] }
    }
    let metrics = simulated(nearest, of: workload, shared: shared, workers: workers)
    guard metrics.count == nearest.count else {
      return result.tellRefusals(nearest.count - metrics.count, nearest.count)
    }
    let intervals = FigureIntervals(
      .nearest, [Array(metrics.prefix(each)), Array(metrics.suffix(each))])
    if let time = result.metrics.chosenTime {
      let approximated = try workload.timeRatios(
        nearest, spread, of: result, shared: shared, workers: workers
      ).map { $0 * time }
      // Many draws instead would take several times as long, and their own quantiles are no surer
      // until there are a hundred of them.
      if intervals.isFar(
        from: [Array(approximated.prefix(each)), Array(approximated.suffix(each))])
      {
        result.tellFarDraws()
      }
    }
    result.metrics = intervals.added(to: result.metrics)
  }

  /// The metrics of the workload in each draw that is no refusal.
  private func simulated(
    _ draws: [PredictionDraw], of workload: any Workload, shared: SharedCosts, workers: Workers
  ) -> [[Metric]] {
    let ended = Mutex(0)
    let outcomes = workers.map(draws.count) { place in
      let outcome = Result { try workload.run(draws[place], shared: shared).metrics }
      let done = ended.withLock { count in
        count += 1
        return count
      }
      shared.progress?(.draws(done, of: draws.count))
      return outcome
    }
    return outcomes.compactMap { try? $0.get() }
  }

  /// Draws by the scenario's seed.
  private func draws(_ count: Int) -> [PredictionDraw] {
    (0..<count).map { PredictionDraw(seed: scenario.seed, number: $0) }
  }
}

extension SimulationResult {
  /// Adds the quantiles of simulated draws, and keeps what is compared in each.
  fileprivate mutating func addIntervals(of draws: [[Metric]]) {
    if let time = metrics.comparedTime {
      keepErrors(draws.map { metrics in metrics.comparedTime.map { $0 / time } })
    }
    metrics = FigureIntervals(.replications(draws.count), draws.map { [$0] }).added(to: metrics)
  }

  /// Keeps the ratios of what is compared in draws to that at the best estimates, under the numbers
  /// of the draws; nil for a draw that has none.
  mutating func keepErrors(_ ratios: [Double?]) {
    predictionErrors = ratios.enumerated().compactMap { draw, ratio in
      ratio.map { PredictionError(draw: draw, timeRatio: $0) }
    }
  }

  /// Says that draws have no result: an order of cells that is derived from durations may need more
  /// memory with others.
  fileprivate mutating func tellRefusals(_ failed: Int, _ count: Int) {
    assumptions.append(
      "no intervals: \(failed) of \(count) draws of kernel times end in a refusal")
  }

  /// Says that no step stands for those of a service; other questions have no draws to tell of.
  fileprivate mutating func tellNoTypicalStep() {
    guard !pools.isEmpty else { return }
    assumptions.append(
      "no intervals: a step with the mean tokens and contexts of the busiest pool breaks a limit"
        + " that no step of the service does")
  }

  /// Says that the draws at the ends lie far from the approximation.
  fileprivate mutating func tellFarDraws() {
    assumptions.append(
      "intervals: the draws at the ends are more than a fifth of the width off the approximation"
        + " that chose them; --replications 99 simulates draws without it")
  }
}

extension [Metric] {
  /// What comparisons rank by, as a time: that of a step, of a run, or of a GPU per output token;
  /// nil if no token is put out.
  var comparedTime: Double? {
    if let time = value(of: .stepTime) ?? value(of: .runDays) { return time }
    guard let rate = value(of: .outputPerHeldGPU), rate > 0 else { return nil }
    return 1 / rate
  }
}
