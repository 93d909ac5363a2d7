// Ready sizes: what a laptop trains in seconds, in minutes, and with the published router.

import Routing

/// A named model and batch.
public enum Preset: String, CaseIterable, Hashable, Sendable {
  /// Sixteen experts in two layers: seconds.
  case tiny
  /// 64 experts in five layers, some forty million weights.
  case small
  /// The router of DeepSeek-V3 at its real size - 256 experts, 8 of them a token, 8 groups, 4 of
  /// them a token, one shared expert - in small width and four layers.
  case v3Router = "v3-router"

  /// Sizes of the model.
  public var model: ModelConfiguration {
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

  /// Sequences of a step, and their length.
  public var shape: BatchShape {
    switch self {
    case .tiny: BatchShape(sequences: 4, length: 64)
    case .small: BatchShape(sequences: 16, length: 128)
    case .v3Router: BatchShape(sequences: 16, length: 96)
    }
  }

  /// Steps of a run that is not told how many.
  public var steps: Int {
    switch self {
    case .tiny: 400
    case .small: 300
    case .v3Router: 300
    }
  }
}
