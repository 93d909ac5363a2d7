// The ratios that people report of runs, over replications: sums of what is productive over sums of
// the time that it took. The mean of the replications' ratios would be another number, in which a
// short run counts as much as a long one.

import Recording
import Statistics

/// A ratio of a run.
struct RunRatio {
  /// Its metric.
  let kind: MetricKind
  /// What one run adds to the numerator.
  let above: @Sendable (RunOutcome) -> Double
  /// What one run adds to the denominator, which is positive.
  let below: @Sendable (RunOutcome) -> Double
  /// The ratio of one run.
  let single: @Sendable (RunOutcome) -> Double

  /// All ratios.
  static let all = [
    RunRatio(
      kind: .runETTR, above: { $0.seconds(.productive) }, below: \.wallSeconds, single: \.ettr),
    RunRatio(
      kind: .runGoodput, above: { $0.seconds(.productive) }, below: \.grantedSeconds,
      single: \.goodput),
    RunRatio(
      kind: .runGoodputWithSaves, above: { $0.seconds(.productive) + $0.seconds(.save) },
      below: \.grantedSeconds, single: \.goodputWithSaves),
    RunRatio(
      kind: .runSchedulingGoodput, above: \.grantedSeconds, below: \.wallSeconds,
      single: \.schedulingGoodput),
    RunRatio(
      kind: .runProgramGoodput, above: \.idealSeconds, below: { $0.seconds(.productive) },
      single: \.programGoodput),
    RunRatio(
      kind: .runProductivityGoodput, above: \.idealSeconds, below: \.wallSeconds,
      single: \.productivityGoodput),
  ]

  /// The ratio of the sums with its jackknife interval, and the range of single runs.
  ///
  /// - Precondition: there are outcomes.
  func metrics(_ outcomes: [RunOutcome], confidence: Double) -> [Metric] {
    let ratio = RatioOfMeans(of: outcomes.map(above), over: outcomes.map(below))
    guard outcomes.count > 1 else { return [Metric(kind, ratio.ratio)] }
    let interval = ratio.interval(confidence: confidence)
    let singles = outcomes.map(single)
    return [
      Metric(kind, ratio.ratio),
      // Student's t knows no bounds, but a share of the time has two.
      Metric(kind, max(0, min(ratio.ratio, interval.low)), statistic: .low),
      Metric(kind, min(1, max(ratio.ratio, interval.high)), statistic: .high),
      Metric(kind, sampleQuantile(singles, 0.05), statistic: .p5),
      Metric(kind, sampleQuantile(singles, 0.95), statistic: .p95),
    ]
  }
}
