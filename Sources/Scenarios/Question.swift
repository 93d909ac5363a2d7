// What a scenario asks. To add a question: the README's recipe "A question in one room".

import Routing
import Serving
import Training

/// The question of a scenario, with everything that its own block of the file says.
package enum Question: Sendable {
  /// How long a step of training takes, and where its time goes.
  case trainingStep(TrainingSpec)
  /// The same of a step of inference.
  case inferenceStep(InferenceSpec)
}

extension Question {
  /// The trace that its expert loads follow from, where that is still to be scaled up.
  package var trace: TraceReference? {
    if case .trace(let trace) = routing?.source { trace } else { nil }
  }

  /// The same question with the loads that its trace was scaled up to.
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
