// The 90 % interval of each figure from the figures of simulated draws.
//
// Draws at the two ends of an approximation of the step's time are alike in what it sees, and
// differ within an end in the rest: in figures that do not follow the step's time, and in what the
// approximation gets wrong. Taken as normal and independent of the ends, the rest adds in squares:
// half of the distance between the means of the ends, and 1.645 standard deviations within an end,
// for each end by its own draws. No end lies beyond all draws: where the approximation is far off,
// the rest is far from normal.

import Numerics
import Recording
import Units

/// Figures of simulated draws.
struct FigureIntervals {
  /// Figures of each draw, by group: two ends, or a draw in each.
  private let groups: [[[Metric]]]
  private let choice: IntervalChoice
  /// ln of the time by which draws are chosen, of each; nil if there is none.
  private let times: [[Double]]?

  init(_ choice: IntervalChoice, _ groups: [[[Metric]]]) {
    self.choice = choice
    self.groups = groups
    let known = groups.map { $0.compactMap(\.chosenTime).map(naturalLogarithm) }
    times = zip(known, groups).allSatisfy { $0.count == $1.count } ? known : nil
  }

  /// Whether the mean time of the draws at an end lies more than a fifth of the interval's width
  /// from what an approximation said of them.
  ///
  /// - Parameter approximated: the time of each draw.
  func isFar(from approximated: [[Double]]) -> Bool {
    guard let times, let low = times.first?.mean, let high = times.last?.mean else { return false }
    return zip(times, approximated).contains { group, expected in
      abs(group.mean - expected.map(naturalLogarithm).mean) > abs(high - low) / 5
    }
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
    let ends = scaled.map { ($0.mean, Self.within($0)) }.sorted { $0.0 < $1.0 }
    let all = scaled.flatMap(\.self)
    guard let first = ends.first, let last = ends.last, let least = all.min(), let most = all.max()
    else { return (0, 0) }
    let (middle, half) = ((first.0 + last.0) / 2, (last.0 - first.0) / 2)
    let low = max(least, middle - (half * half + first.1 * first.1).squareRoot())
    let high = min(most, middle + (half * half + last.1 * last.1).squareRoot())
    return isPositive ? (exponential(low), exponential(high)) : (low, high)
  }

  /// How far the rest of 5 % of an end's draws lies from its mean at least; 0 for a single draw.
  private static func within(_ values: [Double]) -> Double {
    guard values.count > 1 else { return 0 }
    let (mean, degrees) = (values.mean, Double(values.count - 1))
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / degrees).squareRoot() * normalQuantile(0.95)
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

extension [Double] {
  /// The mean of values, of which there is one at least.
  fileprivate var mean: Double { reduce(0, +) / Double(count) }
}

extension [Metric] {
  /// The time by which draws are chosen: that of a step or of a whole run; nil for a service, whose
  /// draws are chosen by steps that are none of its figures.
  var chosenTime: Double? { value(of: .stepTime) ?? value(of: .runDays) }

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
      let isLow = self[index].statistic == .p5
      // The value of a ratio of sums may lie beyond the quantiles of single ratios.
      let random = Swift.max(0, (self[index].value - metric.value) * (isLow ? -1 : 1))
      let drawn = end - metric.value
      let half = (random * random + drawn * drawn).squareRoot()
      let value = Swift.max(0, metric.value + (isLow ? -half : half))
      self[index].value = metric.kind.unit == .share ? Swift.min(1, value) : value
    }
  }
}
