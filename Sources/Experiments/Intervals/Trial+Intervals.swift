// The 90 % intervals of a run's figures.
//
// By default, draws of all kernel times are ranked by what they make of the step in a linear
// approximation, and the three nearest to its 5 and 95 % points are simulated in full; their means
// are the ends. With a number of replications, that many draws are simulated, and the ends are
// quantiles. Decisions, such as the partition into stages, are those at the best estimates.

import Cluster
import Recording
import Units

/// How intervals are found.
package enum IntervalChoice: Hashable, Sendable {
  /// Not at all.
  case without
  /// From the draws at the ends of a linear approximation, for steps; not at all for others.
  case nearest
  /// From so many simulated draws.
  case replications(Int)

  /// The fewest replications whose extremes lie outside the 90 % interval.
  package static let fewestReplications = 19
  /// Draws of the linear approximation, and simulated ones at each end.
  static let approximated = 400
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
    let spread = try workload.spread(of: result, shared: shared)
    if let text = spread?.supportText { result.assumptions.append(text) }
    let groups: [[PredictionDraw]]
    switch choice {
    case .without: return
    case .nearest:
      guard let spread else { return }
      let draws = self.draws(IntervalChoice.approximated)
      let errors = workers.map(draws.count) { spread.error(draws[$0]) }
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
    let outcomes = workers.map(drawn.count) { place in
      Result { try workload.run(drawn[place], shared: shared).metrics }
    }
    let metrics = outcomes.compactMap { try? $0.get() }
    guard metrics.count == drawn.count else {
      // An order of cells that is derived from durations may need more memory with others.
      let failed = drawn.count - metrics.count
      result.assumptions.append(
        "no intervals: \(failed) of \(drawn.count) draws of kernel times end in a refusal")
      return
    }
    var start = 0
    let means = groups.map { group -> [Metric] in
      defer { start += group.count }
      return Self.mean(Array(metrics[start..<(start + group.count)]))
    }
    result.metrics += Self.bounds(result.metrics, means)
  }

  /// Draws by the scenario's seed.
  private func draws(_ count: Int) -> [PredictionDraw] {
    (0..<count).map { PredictionDraw(seed: scenario.seed, number: $0) }
  }

  /// The mean of each figure that all runs have.
  private static func mean(_ runs: [[Metric]]) -> [Metric] {
    runs[0].compactMap { metric in
      let values = runs.compactMap { run in
        run.first {
          $0.kind == metric.kind && $0.scope == metric.scope && $0.statistic == metric.statistic
        }?.value
      }
      guard values.count == runs.count else { return nil }
      var mean = metric
      mean.value = values.reduce(0, +) / Double(values.count)
      return mean
    }
  }

  /// The low and high ends of each figure of a whole run that differs between draws.
  private static func bounds(_ metrics: [Metric], _ ends: [[Metric]]) -> [Metric] {
    let known = Set(metrics.filter { $0.statistic == .low }.map(\.kind))
    return metrics.flatMap { metric -> [Metric] in
      guard metric.statistic == .value, metric.scope == .all, !known.contains(metric.kind) else {
        return []
      }
      let values = ends.compactMap { end in
        end.first {
          $0.kind == metric.kind && $0.scope == .all && $0.statistic == .value
        }?.value
      }.sorted()
      guard values.count == ends.count, let first = values.first, let last = values.last,
        first != metric.value || last != metric.value
      else { return [] }
      // Quantiles by (n + 1) p; of two ends, the ends themselves.
      func quantile(_ probability: Double) -> Double {
        let place = Double(values.count + 1) * probability - 1
        let low = min(max(0, Int(place.rounded(.down))), values.count - 1)
        let high = min(low + 1, values.count - 1)
        let fraction = min(1, max(0, place - Double(low)))
        return values[low] + (values[high] - values[low]) * fraction
      }
      return [
        Metric(metric.kind, min(metric.value, quantile(0.05)), statistic: .low),
        Metric(metric.kind, max(metric.value, quantile(0.95)), statistic: .high),
      ]
    }
  }
}
