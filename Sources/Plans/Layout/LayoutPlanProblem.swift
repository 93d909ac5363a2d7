// Why a layout cannot be planned.

import Experiments
import Text

/// A scenario or space that cannot be searched.
package enum LayoutPlanProblem: ExplainedError, Hashable {
  /// The scenario is not a training step.
  case notTraining
  /// The space has too many candidates.
  case tooLarge(Int)

  package var explanations: [Explanation] {
    switch self {
    case .notTraining:
      [
        Explanation(
          "the scenario is no training step", advice: ["expected: a scenario with training:"])
      ]
    case .tooLarge(let count):
      [
        Explanation(
          "the space has \(count) candidates, the limit is \(Experiment.trialLimit)",
          advice: ["give fewer values, for example: --over training.microbatch=1"])
      ]
    }
  }
}
