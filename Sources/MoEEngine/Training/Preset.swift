// Predefined models that a laptop can train in seconds or minutes.

import Routing

/// A named model with a batch shape and a number of steps.
package enum Preset: String, CaseIterable, Hashable, Sendable {
  /// Two MoE layers of 16 experts; trains in seconds.
  case tiny
  /// Five MoE layers of 64 experts, about forty million weights.
  case small
  /// Four narrow MoE layers with the router of DeepSeek-V3: 256 routed experts in 8 groups, top-8
  /// within at most 4 groups, and one shared expert.
  case v3Router = "v3-router"

  /// The model.
  package var model: ModelConfiguration {
    switch self {
    case .tiny:
      var model = ModelConfiguration(
        width: 64, layers: 3, heads: 4, queryRank: 32, keyValueRank: 24, plainWidth: 16,
        rotaryWidth: 8, valueWidth: 16, denseWidth: 160, expertWidth: 32,
        gate: Gate(experts: 16, groups: 4, groupLimit: 2, topK: 4))
      model.routeScale = 1
      return model
    case .small:
      var model = ModelConfiguration(
        width: 256, layers: 6, heads: 8, queryRank: 128, keyValueRank: 64, plainWidth: 32,
        rotaryWidth: 16, valueWidth: 32, denseWidth: 768, expertWidth: 128,
        gate: Gate(experts: 64, groups: 8, groupLimit: 4, topK: 6))
      model.routeScale = 1
      return model
    case .v3Router:
      return ModelConfiguration(
        width: 64, layers: 5, heads: 4, queryRank: 48, keyValueRank: 32, plainWidth: 16,
        rotaryWidth: 8, valueWidth: 16, denseWidth: 192, expertWidth: 32,
        gate: Gate(experts: 256, groups: 8, groupLimit: 4, topK: 8))
    }
  }

  /// The batch of a training step.
  package var shape: BatchShape {
    switch self {
    case .tiny: BatchShape(sequences: 4, length: 64)
    case .small: BatchShape(sequences: 16, length: 128)
    case .v3Router: BatchShape(sequences: 16, length: 96)
    }
  }

  /// The default number of training steps.
  package var steps: Int {
    switch self {
    case .tiny: 400
    case .small: 300
    case .v3Router: 300
    }
  }
}
