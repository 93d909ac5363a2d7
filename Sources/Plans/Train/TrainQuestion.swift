// The question of `dsv3sim plan train`: a training run with one unknown, and bounds on the others.

import Experiments
import Recording
import Scenarios
import Text

/// A training run of which one quantity is not known.
package struct TrainQuestion: Sendable {
  /// What the plan looks for.
  package enum Unknown: String, CaseIterable, Sendable {
    /// The fewest GPUs within the bounds.
    case gpus
    /// The wall time of the run as it is.
    case days
    /// The most tokens (`run.tokens`) within the bounds.
    case tokens
    /// The cost of the run as it is.
    case budget
  }

  /// The run, whose unknown is replaced.
  package var document: ScenarioDocument
  /// Changes that apply to all candidates, GPUs and tokens among them if these are given.
  package var changes: ScenarioChanges
  package var unknown: Unknown
  /// Wall time of the run, at most.
  package var days: Double?
  /// Cost of the run in US dollars, at most.
  package var budget: Double?
  /// Sizes of a cluster that a plan looks at, at most.
  package static let sizeLimit = Experiment.trialLimit

  /// Nodes of any candidate, at most; by default four times those of the scenario, within the
  /// limit.
  package var mostNodes: Int?
  /// Parallel trials.
  package var workers: Int
  /// Recorded with every result.
  package var programVersion: String
  /// Called after each trial.
  package var trialEnded: @Sendable () -> Void = {}

  package init(
    document: ScenarioDocument, changes: ScenarioChanges, unknown: Unknown, workers: Int,
    programVersion: String
  ) {
    self.document = document
    self.changes = changes
    self.unknown = unknown
    self.workers = workers
    self.programVersion = programVersion
  }

  /// The metrics with a bound, and the bound.
  var limits: [(kind: MetricKind, most: Double)] {
    [(.runDays, days), (.runCost, budget)].compactMap { kind, most in most.map { (kind, $0) } }
  }

  /// What candidates are ranked and bounded by.
  var objective: MetricKind {
    switch unknown {
    case .days: .runDays
    case .budget: .runCost
    case .tokens: .runTokens
    case .gpus: limits.first?.kind ?? .runDays
    }
  }
}

/// The answer of a plan of a training run.
package struct TrainPlan: Sendable {
  /// Every candidate.
  package var ledger: PlanLedger
  /// Settings of the answer; nil if there is none.
  package var winner: [Setting]?
}

/// Why a plan of a training run cannot be made.
package enum TrainPlanRefusal: ExplainedError, Hashable {
  /// The scenario asks another question.
  case notARun(name: String)
  /// Without a bound every size is an answer.
  case noBounds(unknown: String)
  /// The run with these settings is not possible.
  case impossible(reason: String)
  /// A trial hit a bug of the program.
  case broken(reason: String)

  package var explanations: [Explanation] {
    switch self {
    case .notARun(let name):
      [
        Explanation(
          "\(quoted(name)) is no training run",
          advice: ["expected: a scenario with `run:`, such as scenarios/deepseek-v3-run.yaml"])
      ]
    case .noBounds(let unknown):
      [
        Explanation(
          "--find \(unknown) needs a bound", advice: ["give --days, --budget or both"])
      ]
    case .impossible(let reason): [Explanation("the run is not possible: \(reason)")]
    case .broken(let reason): [Explanation(reason)]
    }
  }

  package var exitStatus: ExitStatus {
    switch self {
    case .broken: .brokenInvariant
    case .noBounds: .usage
    case .notARun, .impossible: .badData
    }
  }
}
