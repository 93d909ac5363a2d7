// The runs of a plan: trials of one experiment after another, which share simulated steps. All have
// the same seed, so that runs of different sizes meet the same failures.

import Experiments
import Recording
import Scenarios
import Text
import Units

/// Runs a training run under changed settings.
struct TrainTrials {
  let question: TrainQuestion
  private let shared = SharedCosts()

  init(_ question: TrainQuestion) { self.question = question }

  /// The end of a trial.
  enum Outcome {
    case ran(RunRecord)
    case refused(reason: String)
  }

  /// An experiment with one trial for each list of settings.
  func experiment(_ points: [[Setting]]) -> Experiment {
    Experiment(
      kind: "plan", [question.document], question.changes,
      axes: [
        ExperimentAxis(
          "candidate",
          points.enumerated().map { ExperimentAxis.Value(label: "\($0)", settings: $1) })
      ], programVersion: question.programVersion, shared: shared)
  }

  /// The outcomes under each list of settings.
  ///
  /// - Throws: `TrainPlanRefusal.broken` for a bug of the program.
  func outcomes(_ points: [[Setting]]) throws -> [Outcome] {
    guard !points.isEmpty else { return [] }
    let experiment = experiment(points)
    var found: [Outcome] = []
    try experiment.run(0..<points.count, workers: question.workers) { timed in
      question.trialEnded()
      switch timed.trial.outcome {
      case .ran(let record): found.append(.ran(record))
      case .refused(let reason): found.append(.refused(reason: reason))
      case .broken(let reason): throw TrainPlanRefusal.broken(reason: reason)
      }
    }
    return found
  }

  /// The run under some settings.
  ///
  /// - Throws: `TrainPlanRefusal.impossible` if it is refused, `.broken` for a bug.
  func record(_ settings: [Setting]) throws -> RunRecord {
    switch try outcomes([settings])[0] {
    case .ran(let record): return record
    case .refused(let reason): throw TrainPlanRefusal.impossible(reason: reason)
    }
  }
}

extension RunRecord {
  /// A mean over replications; zero if the run does not report it.
  func mean(_ kind: MetricKind) -> Double { value(kind) ?? 0 }

  /// An end of the interval of a mean; the mean if it has none.
  func bound(_ kind: MetricKind, _ statistic: MetricStatistic) -> Double {
    result.value(kind, of: .all, statistic) ?? mean(kind)
  }

  /// A mean with its interval in words.
  func words(_ kind: MetricKind) -> String {
    let (low, high) = (bound(kind, .low), bound(kind, .high))
    let text = kind.unit.text(mean(kind))
    return low == high ? text : "\(text) (\(kind.unit.text(low)) to \(kind.unit.text(high)))"
  }
}
