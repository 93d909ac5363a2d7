// What a planned service must do, and how far a run is from it.

import Recording
import Service
import Statistics
import Units

/// The objective of a plan, over the bounds that the scenario's classes have.
package enum ServeObjective: Hashable, Sendable {
  /// At least this share of the requests that arrive is inside all bounds of its class.
  case attainment(Double)
  /// This percentile of TTFT, TPOT and E2E is inside the bounds of each class, among requests that
  /// finish; a class without one that finishes fails. TPOT binds requests of two tokens and more.
  case percentile(MetricStatistic)

  /// The objective in words.
  package var words: String {
    switch self {
    case .attainment(let share): "at least \(percentText(share)) of the requests inside"
    case .percentile(let statistic): "\(statistic.rawValue) of each class inside"
    }
  }

  /// How far inside its objective a run is: shares of requests, or of the bound that is nearest.
  func sample(_ record: RunRecord, of service: ServiceSpec) -> ObjectiveSample {
    switch self {
    case .attainment(let target):
      let reached = value(record, .attainmentOfArrived, .all, .value) ?? 0
      guard service.window == nil, let arrived = value(record, .requestsArrived, .all, .value),
        arrived > 0
      else { return ObjectiveSample(margin: reached - target) }
      return ObjectiveSample(
        share: Share(Int((reached * arrived).rounded()), of: Int(arrived)), target: target)
    case .percentile(let statistic):
      let bounds = service.classes.flatMap { Self.bounds($0, among: service.classes.count) }
      let margins = bounds.compactMap { bound -> Double? in
        if let reached = value(record, bound.kind, bound.scope, statistic) {
          return 1 - reached / bound.seconds
        }
        // Requests of one token have no time per token, and nothing to keep to.
        let hasFinished = value(record, .endToEnd, bound.scope, statistic) != nil
        return bound.kind == .requestTimePerToken && hasFinished ? nil : -1
      }
      return ObjectiveSample(margin: margins.min() ?? 0)
    }
  }

  /// A bound of a class: the metric that it limits, and the limit.
  struct Bound {
    var kind: MetricKind
    var scope: MetricScope
    var seconds: Double
  }

  /// The bounds of a class.
  static func bounds(_ traffic: TrafficClass, among classes: Int) -> [Bound] {
    let scope = classes > 1 ? MetricScope.class(traffic.name) : .all
    let limits = [
      (MetricKind.timeToFirstToken, traffic.timeToFirstToken),
      (.requestTimePerToken, traffic.timePerOutputToken), (.endToEnd, traffic.endToEnd),
    ]
    return limits.compactMap { kind, limit in
      limit.map { Bound(kind: kind, scope: scope, seconds: $0.seconds) }
    }
  }

  private func value(
    _ record: RunRecord, _ kind: MetricKind, _ scope: MetricScope, _ statistic: MetricStatistic
  ) -> Double? {
    record.metrics.first {
      $0.kind == kind && $0.scope == scope && $0.statistic == statistic
    }?.value
  }
}

extension ServeObjective {
  /// The share of requests that must be inside; 0 where requests without an answer do not count.
  var share: Double {
    if case .attainment(let share) = self { share } else { 0 }
  }

  /// The percentile that shows what binds: that of the objective, or the nearest to its share.
  var statistic: MetricStatistic {
    switch self {
    case .percentile(let statistic): statistic
    case .attainment(let share):
      [MetricStatistic.p50, .p75, .p90, .p95, .p99, .p999].last {
        Double($0.permille ?? 0) <= share * 1000 + 1e-9
      } ?? .p50
    }
  }
}
