// Where a simulated value comes from: a count, a kernel, or metrics of a scenario's run.

import Recording

/// A simulated value with its interval.
package struct SimulatedValue: Equatable, Sendable {
  package var value: Double
  /// The 90 % interval; nil if there is none.
  package var interval: ClosedRange<Double>?
}

/// A scenario of this room with changes to it.
package struct SimulatedCase: Hashable, Sendable {
  /// Name of its file in `Embedded`, without ending.
  package var scenario: String
  package var settings: [Setting]

  init(_ scenario: String, _ settings: [Setting] = []) {
    self.scenario = scenario
    self.settings = settings
  }
}

/// The way from the models of the program to a value.
package enum Simulation: Sendable {
  /// A count that follows from definitions; nil if its model is unknown.
  case counted(@Sendable () -> Double?)
  /// The prediction of one kernel or exchange.
  case kernel(@Sendable () -> SimulatedValue?)
  /// A value derived from the run of a scenario.
  case run(SimulatedCase, Derivation)
  /// The same value of two runs, divided.
  case ratio(SimulatedCase, over: SimulatedCase, Derivation)

  /// The runs that it needs.
  package var cases: [SimulatedCase] {
    switch self {
    case .counted, .kernel: []
    case .run(let run, _): [run]
    case .ratio(let first, let second, _): [first, second]
    }
  }

  /// The value from finished runs; nil if one of them has none.
  func value(_ record: (SimulatedCase) -> RunRecord?) -> SimulatedValue? {
    switch self {
    case .counted(let count):
      return count().map { SimulatedValue(value: $0, interval: $0...$0) }
    case .kernel(let predict): return predict()
    case .run(let run, let derivation): return record(run).flatMap(derivation.value)
    case .ratio(let first, let second, let derivation):
      guard let first = record(first).flatMap(derivation.value),
        let second = record(second).flatMap(derivation.value)
      else { return nil }
      // The errors of both runs are common, so their intervals say nothing about the ratio.
      return SimulatedValue(value: first.value / second.value)
    }
  }
}

/// A formula over the metrics of a run.
package struct Derivation: Sendable {
  /// The metric whose interval the value takes; nil for a formula over other tables of the record.
  private let metric: MetricKind?
  /// The statistics of the interval's ends.
  private var ends: [MetricStatistic] = [.low, .high]
  private let formula: @Sendable (Double, RunRecord) -> Double?

  /// A metric, or a monotone function of it and of the record.
  static func metric(
    _ kind: MetricKind,
    _ formula: @escaping @Sendable (Double, RunRecord) -> Double? = { value, _ in value }
  ) -> Derivation {
    Derivation(metric: kind, formula: formula)
  }

  /// A metric of a whole run. Its low and high bound the mean over replications; a published run is
  /// a single one, of which 90 % lie between the quantiles.
  static func singleRun(_ kind: MetricKind) -> Derivation {
    Derivation(metric: kind, ends: [.p5, .p95]) { value, _ in value }
  }

  /// A formula over the tables of the record, which have no intervals.
  static func record(
    _ formula: @escaping @Sendable (RunRecord) -> Double?
  ) -> Derivation {
    Derivation(metric: nil) { _, record in formula(record) }
  }

  /// The value, and its interval if the metric has one.
  func value(_ record: RunRecord) -> SimulatedValue? {
    guard let metric else { return formula(0, record).map { SimulatedValue(value: $0) } }
    guard let centre = record.centre(metric), let value = formula(centre, record) else {
      return nil
    }
    let values = ends.compactMap { end in
      record.result.value(metric, of: .all, end).flatMap { formula($0, record) }
    }
    guard let low = values.min(), let high = values.max(), values.count == ends.count else {
      return SimulatedValue(value: value)
    }
    return SimulatedValue(value: value, interval: low...high)
  }
}

extension RunRecord {
  /// The value of a metric, or the mean of one that has no single value.
  fileprivate func centre(_ kind: MetricKind) -> Double? {
    value(kind) ?? result.value(kind, of: .all, .mean)
  }
}
