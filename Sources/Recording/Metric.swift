// The value of a metric, with the part of the run and the statistic that it refers to.

/// A metric with its value.
package struct Metric: Hashable, Sendable {
  package var kind: MetricKind
  package var scope: MetricScope
  package var statistic: MetricStatistic
  /// The value in the kind's unit.
  package var value: Double

  package init(
    _ kind: MetricKind, _ value: Double, scope: MetricScope = .all,
    statistic: MetricStatistic = .value
  ) {
    self.kind = kind
    self.scope = scope
    self.statistic = statistic
    self.value = value
  }

  /// The name in JSON and CSV: `step_time_s`, `tpot_s.p99`, `tpot_s.p99@pool:decode`.
  package var name: String {
    kind.name + (statistic == .value ? "" : ".\(statistic.rawValue)")
      + (scope == .all ? "" : "@\(scope.rawValue)")
  }

  /// The name in text: `TPOT`, `TPOT, p99`, `TPOT, p99, pool decode`.
  package var label: String {
    [kind.label, statistic == .value ? nil : statistic.rawValue, scope.words]
      .compactMap(\.self).joined(separator: ", ")
  }
}

/// The part of a run that a metric describes.
package enum MetricScope: Hashable, Sendable {
  /// The whole run.
  case all
  /// One rank, from 0.
  case rank(Int)
  /// A pool of GPUs with one purpose, by name.
  case pool(String)

  /// The scope in words; nil for the whole run.
  var words: String? {
    switch self {
    case .all: nil
    case .rank(let rank): "rank \(rank)"
    case .pool(let name): "pool \(name)"
    }
  }
}

extension MetricScope: RawRepresentable {
  /// The stored form: `all`, `rank:3`, `pool:prefill`.
  package var rawValue: String {
    switch self {
    case .all: "all"
    case .rank(let rank): "rank:\(rank)"
    case .pool(let name): "pool:\(name)"
    }
  }

  /// Parses a stored form; nil for any other text.
  package init?(rawValue: String) {
    if rawValue == "all" {
      self = .all
    } else if rawValue.hasPrefix("rank:"), let rank = Int(rawValue.dropFirst(5)) {
      self = .rank(rank)
    } else if rawValue.hasPrefix("pool:") {
      self = .pool(String(rawValue.dropFirst(5)))
    } else {
      return nil
    }
  }
}

/// The statistic that summarises a quantity with many values or an uncertainty.
package enum MetricStatistic: String, CaseIterable, Sendable {
  /// The only value, or the best estimate.
  case value
  case mean
  case p50, p90, p95, p99
  case p999 = "p99.9"
  /// The bounds of the uncertainty interval around the value.
  case low, high
}
