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
  /// A class of requests, by name.
  case `class`(String)

  /// The scope in words; nil for the whole run.
  var words: String? {
    switch self {
    case .all: nil
    case .rank(let rank): "rank \(rank)"
    case .pool(let name): "pool \(name)"
    case .class(let name): "class \(name)"
    }
  }
}

extension MetricScope: RawRepresentable {
  /// The stored form: `all`, `rank:3`, `pool:prefill`, `class:chat`.
  package var rawValue: String {
    switch self {
    case .all: "all"
    case .rank(let rank): "rank:\(rank)"
    case .pool(let name): "pool:\(name)"
    case .class(let name): "class:\(name)"
    }
  }

  /// Whether this is all requests or a class of them.
  package var isOfRequests: Bool {
    switch self {
    case .all, .class: true
    case .rank, .pool: false
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
    } else if rawValue.hasPrefix("class:") {
      self = .class(String(rawValue.dropFirst(6)))
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
  /// The standard deviation of the values themselves.
  case deviation = "std"
  case least = "min"
  case greatest = "max"
  case p5, p50, p75, p90, p95, p99
  case p999 = "p99.9"
  /// The ends of the interval around the value.
  case low, high
  /// The ends of the intervals around statistics of many values.
  case meanLow = "mean.low"
  case meanHigh = "mean.high"
  case p50Low = "p50.low"
  case p50High = "p50.high"
  case p90Low = "p90.low"
  case p90High = "p90.high"
  case p99Low = "p99.low"
  case p99High = "p99.high"

  /// The ends of the interval around this statistic; nil for what has none.
  package var ends: (low: MetricStatistic, high: MetricStatistic)? {
    switch self {
    case .value: (.low, .high)
    case .mean: (.meanLow, .meanHigh)
    case .p50: (.p50Low, .p50High)
    case .p90: (.p90Low, .p90High)
    case .p99: (.p99Low, .p99High)
    default: nil
    }
  }

  /// Whether this is an end of an interval.
  package var isEnd: Bool {
    Self.allCases.contains { $0.ends.map { $0.low == self || $0.high == self } ?? false }
  }

  /// The percentile in thousandths; nil for what is not one.
  package var permille: Int? {
    switch self {
    case .p5: 50
    case .p50: 500
    case .p75: 750
    case .p90: 900
    case .p95: 950
    case .p99: 990
    case .p999: 999
    default: nil
    }
  }
}
