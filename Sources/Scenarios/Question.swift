// The question of a scenario. To add one, follow the README's recipe "A question in one room".

import Routing
import Serving
import Training

/// The question of a scenario, with all settings of its block.
package enum Question: Sendable {
  /// The duration of a training step and its breakdown.
  case trainingStep(TrainingSpec)
  /// The duration of an inference step and its breakdown.
  case inferenceStep(InferenceSpec)
}

extension Question {
  /// The trace from which expert loads are still to be scaled up; nil if there is none.
  package var trace: TraceReference? {
    if case .trace(let trace) = routing?.source { trace } else { nil }
  }

  /// The question with its trace replaced by the loads scaled up from it.
  package func scaled(to profile: LoadProfile) -> Question {
    if case .trainingStep(var spec) = self {
      spec.routing.source = .profile(profile)
      return .trainingStep(spec)
    }
    if case .inferenceStep(var spec) = self {
      spec.routing.source = .profile(profile)
      return .inferenceStep(spec)
    }
    return self
  }

  private var routing: RoutingSpec? {
    if case .trainingStep(let spec) = self { return spec.routing }
    if case .inferenceStep(let spec) = self { return spec.routing }
    return nil
  }
}
