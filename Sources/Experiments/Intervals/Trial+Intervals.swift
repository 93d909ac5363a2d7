// The 90 % intervals of a run's figures.
//
// By default, draws of all kernel times are ranked by what they make of the step in a linear
// approximation, and the three nearest to its 5 and 95 % points are simulated in full. With a
// number of replications, that many draws are simulated. Decisions, such as the partition into
// stages, are those at the best estimates.

import Cluster
import Numerics
import Recording
import Synchronization
import Units

/// How intervals are found.
package enum IntervalChoice: Hashable, Sendable {
  /// Not at all.
  case without
  /// Not at all, but with draws of a linear approximation for comparisons of steps.
  case approximate
  /// From the draws at the ends of a linear approximation.
  case nearest
  /// From so many simulated draws.
  case replications(Int)

  /// Whether draws are simulated.
  var simulates: Bool { self != .without && self != .approximate }

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
      isStep || choice.simulates ? try workload.spread(of: result, shared: shared) : nil
    if let text = spread?.supportText { result.assumptions.append(text) }
    let groups: [[PredictionDraw]]
    switch choice {
    case .without: return
    case .approximate, .nearest:
      guard let spread else { return }
      let isKept = choice == .approximate
      let draws = self.draws(isKept ? IntervalChoice.kept : IntervalChoice.approximated)
      let errors = workers.map(draws.count) { spread.error(draws[$0]) }
      result.keepErrors(errors.prefix(IntervalChoice.kept).map(exponential))
      guard !isKept else { return }
      let order = draws.indices.sorted { (errors[$0], $0) < (errors[$1], $1) }
      let simulated = IntervalChoice.simulated
      groups = [0.05, 0.95].map { probability in
        let middle = Int((probability * Double(draws.count)).rounded())
        let first = min(max(0, middle - simulated / 2), draws.count - simulated)
        return order[first..<(first + simulated)].map { draws[$0] }
      }
    case .replications(let count): groups = draws(count).map { [$0] }
    }
    let drawn = groups.flatMap(\.self)
    let ended = Mutex(0)
    let outcomes = workers.map(drawn.count) { place in
      let outcome = Result { try workload.run(drawn[place], shared: shared).metrics }
      let done = ended.withLock { count in
        count += 1
        return count
      }
      shared.progress?(.draws(done, of: drawn.count))
      return outcome
    }
    let metrics = outcomes.compactMap { try? $0.get() }
    guard metrics.count == drawn.count else {
      // An order of cells that is derived from durations may need more memory with others.
      let failed = drawn.count - metrics.count
      result.assumptions.append(
        "no intervals: \(failed) of \(drawn.count) draws of kernel times end in a refusal")
      return
    }
    if case .replications = choice, let time = result.value(.stepTime) {
      result.keepErrors(metrics.compactMap { $0.value(of: .stepTime) }.map { $0 / time })
    }
    var start = 0
    let outcomesOfGroups = groups.map { group -> [[Metric]] in
      defer { start += group.count }
      return Array(metrics[start..<(start + group.count)])
    }
    result.metrics = FigureIntervals(choice, outcomesOfGroups).added(to: result.metrics)
  }

  /// Draws by the scenario's seed.
  private func draws(_ count: Int) -> [PredictionDraw] {
    (0..<count).map { PredictionDraw(seed: scenario.seed, number: $0) }
  }
}

extension SimulationResult {
  /// Keeps the ratios of a step's time in draws to that at the best estimates; nothing for other
  /// questions.
  fileprivate mutating func keepErrors(_ ratios: [Double]) {
    guard value(.stepTime) != nil else { return }
    predictionErrors = ratios.enumerated().map { PredictionError(draw: $0, timeRatio: $1) }
  }
}
