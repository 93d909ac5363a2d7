// The question of a scenario. To add one, follow the recipe "A question in one room" in
// docs/recipes.md.

import KernelTimes
import Routing
import Runs
import Service
import Serving
import Training

/// The question of a scenario, with all settings of its block.
package enum Question: Sendable {
  /// The duration of a training step and its breakdown.
  case trainingStep(TrainingSpec)
  /// The duration of an inference step and its breakdown.
  case inferenceStep(InferenceSpec)
  /// What becomes of the requests of a service.
  case service(ServiceSpec)
  /// The length and the cost of a whole training run.
  case trainingRun(TrainingRunSpec)
}

extension Question {
  /// The trace that is still to be scaled up or loaded; nil if there is none. All pools of a
  /// service that have a trace have the same one.
  package var trace: TraceReference? {
    routings.lazy.compactMap { if case .trace(let trace) = $0.source { trace } else { nil } }.first
  }

  /// The question with kernel times from a library, if it has kernels.
  func timed(by library: KernelLibrary) -> Question {
    if case .trainingStep(var spec) = self {
      spec.library = library
      return .trainingStep(spec)
    }
    if case .inferenceStep(var spec) = self {
      spec.library = library
      return .inferenceStep(spec)
    }
    if case .service(var spec) = self {
      for index in spec.pools.indices { spec.pools[index].step.library = library }
      return .service(spec)
    }
    guard case .trainingRun(var spec) = self else { return self }
    for phase in spec.phases.indices {
      for part in spec.phases[phase].parts.indices {
        spec.phases[phase].parts[part].step.library = library
      }
    }
    return .trainingRun(spec)
  }

  /// The question with its trace replaced by the loads scaled up from it.
  package func scaled(to profile: LoadProfile) -> Question { routed(by: .profile(profile)) }

  /// The question with its trace replaced by the tokens to replay.
  package func replaying(_ trace: ReplayedTrace) -> Question { routed(by: .replay(trace)) }

  private func routed(by source: RoutingSpec.Source) -> Question {
    if case .trainingStep(var spec) = self {
      spec.routing.source = source
      return .trainingStep(spec)
    }
    if case .inferenceStep(var spec) = self {
      spec.routing.source = source
      return .inferenceStep(spec)
    }
    if case .trainingRun(var spec) = self {
      for phase in spec.phases.indices {
        for part in spec.phases[phase].parts.indices {
          let own = spec.phases[phase].parts[part].step.routing.source
          guard case .trace = own else { continue }
          spec.phases[phase].parts[part].step.routing.source = source
        }
      }
      return .trainingRun(spec)
    }
    guard case .service(var spec) = self else { return self }
    for index in spec.pools.indices {
      guard case .trace = spec.pools[index].step.routing.source else { continue }
      spec.pools[index].step.routing.source = source
    }
    return .service(spec)
  }

  private var routings: [RoutingSpec] {
    if case .trainingStep(let spec) = self { return [spec.routing] }
    if case .inferenceStep(let spec) = self { return [spec.routing] }
    if case .service(let spec) = self { return spec.pools.map(\.step.routing) }
    if case .trainingRun(let spec) = self {
      return spec.phases.flatMap { $0.parts.map(\.step.routing) }
    }
    return []
  }
}
