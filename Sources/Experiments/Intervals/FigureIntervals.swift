// The 90 % interval of each figure from the figures of simulated draws.
//
// Draws at the two ends of an approximation of the step's time are alike within an end in what the
// approximation sees, and differ in the rest. So a figure's interval has two parts: half of the
// distance between the means of both ends, and what the figure varies by within an end. They add up
// in squares. The step's time itself varies little within an end; a figure that has nothing to do
// with it varies in nothing else.

import Numerics
import Recording
import Units

/// Figures of simulated draws.
struct FigureIntervals {
  /// Figures of each draw, by group: two ends, or a draw in each.
  private let groups: [[[Metric]]]
  private let choice: IntervalChoice

  init(_ choice: IntervalChoice, _ groups: [[[Metric]]]) {
    self.choice = choice
    self.groups = groups
  }

  /// The metrics with the ends of those that differ between draws: figures of the whole run with
  /// one value, and latencies, of classes of requests too, which have means and percentiles.
  ///
  /// A figure that has ends already, as a mean over random replications, keeps them; the quantiles
  /// of its single replications widen instead.
  func added(to metrics: [Metric]) -> [Metric] {
    let known = Set(metrics.filter { $0.statistic == .low }.map(\.kind))
    let single = Set(metrics.filter { $0.statistic == .value }.map(\.kind))
    var result = metrics
    for metric in metrics {
      guard let ends = metric.statistic.ends,
        metric.statistic == .value
          ? metric.scope == .all : metric.scope.isOfRequests && !single.contains(metric.kind),
        let (low, high) = interval(of: metric)
      else { continue }
      if metric.statistic == .value && known.contains(metric.kind) {
        result.widen(metric, low: low, high: high)
      } else {
        result += [
          Metric(metric.kind, low, scope: metric.scope, statistic: ends.low),
          Metric(metric.kind, high, scope: metric.scope, statistic: ends.high),
        ]
      }
    }
    return result
  }

  /// The ends of a figure, which hold its value; nil if all draws have it.
  private func interval(of metric: Metric) -> (low: Double, high: Double)? {
    let values = groups.map { group in
      group.compactMap { $0.value(like: metric) }
    }
    let all = values.flatMap(\.self)
    guard all.count == groups.reduce(0, { $0 + $1.count }),
      all.contains(where: { $0 != metric.value })
    else { return nil }
    var (low, high) = ends(values)
    // What varies around an end says nothing of what cannot be.
    if metric.value >= 0, all.allSatisfy({ $0 >= 0 }) { low = max(0, low) }
    if metric.kind.unit == .share { high = min(1, high) }
    return (min(metric.value, low), max(metric.value, high))
  }

  private func ends(_ values: [[Double]]) -> (low: Double, high: Double) {
    guard choice == .nearest else {
      let sorted = values.flatMap(\.self).sorted()
      return (Self.quantile(sorted, 0.05), Self.quantile(sorted, 0.95))
    }
    let isPositive = values.allSatisfy { $0.allSatisfy { $0 > 0 } }
    let scaled = isPositive ? values.map { $0.map(naturalLogarithm) } : values
    let means = scaled.map { $0.reduce(0, +) / Double($0.count) }
    let squares = zip(scaled, means).reduce(0) { sum, group in
      sum + group.0.reduce(0) { $0 + ($1 - group.1) * ($1 - group.1) }
    }
    let degrees = scaled.reduce(0) { $0 + $1.count - 1 }
    let within =
      degrees > 0
      ? (squares / Double(degrees)).squareRoot() * studentQuantile(0.95, degrees: Double(degrees))
      : 0
    let (first, last) = (means.min() ?? 0, means.max() ?? 0)
    let half = ((last - first) * (last - first) / 4 + within * within).squareRoot()
    let middle = (first + last) / 2
    let (low, high) = (middle - half, middle + half)
    return isPositive ? (exponential(low), exponential(high)) : (low, high)
  }

  /// A quantile by (n + 1) p.
  private static func quantile(_ sorted: [Double], _ probability: Double) -> Double {
    let place = Double(sorted.count + 1) * probability - 1
    let low = min(max(0, Int(place.rounded(.down))), sorted.count - 1)
    let high = min(low + 1, sorted.count - 1)
    let fraction = min(1, max(0, place - Double(low)))
    return sorted[low] + (sorted[high] - sorted[low]) * fraction
  }
}

extension [Metric] {
  /// The value of a kind for the whole run; nil if there is none.
  func value(of kind: MetricKind) -> Double? {
    first { $0.kind == kind && $0.scope == .all && $0.statistic == .value }?.value
  }

  /// The value of the same statistic of the same figure; nil if there is none.
  fileprivate func value(like metric: Metric) -> Double? {
    first {
      $0.kind == metric.kind && $0.statistic == metric.statistic && $0.scope == metric.scope
    }?.value
  }

  /// Adds what draws vary by to the quantiles of single replications, in squares.
  fileprivate mutating func widen(_ metric: Metric, low: Double, high: Double) {
    for index in indices where self[index].kind == metric.kind && self[index].scope == .all {
      let end: Double
      switch self[index].statistic {
      case .p5: end = low
      case .p95: end = high
      default: continue
      }
      let (random, drawn) = (self[index].value - metric.value, end - metric.value)
      let half = (random * random + drawn * drawn).squareRoot()
      let isLow = self[index].statistic == .p5
      let value = Swift.max(0, metric.value + (isLow ? -half : half))
      self[index].value = metric.kind.unit == .share ? Swift.min(1, value) : value
    }
  }
}
