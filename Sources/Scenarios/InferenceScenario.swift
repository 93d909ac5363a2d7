// Scenarios that ask about a step of inference, and files that may be of either kind.

import Cluster
import ModelCost
import Serving

/// A valid scenario of inference. Nothing that receives one needs to check it again.
public struct InferenceScenario: Sendable {
  /// Name in results.
  public let name: String
  /// Seed of every random stream.
  public let seed: UInt64
  public let cluster: ClusterSpec
  public let model: ModelSpec
  public let inference: InferenceSpec
  /// The text of the file, each override added as a comment line `# --set key=value`.
  public let text: String
}

/// A valid scenario of any kind.
public enum AnyScenario: Sendable {
  /// A step of training, or of inference.
  case training(Scenario)
  case inference(InferenceScenario)

  /// Name in results.
  public var name: String {
    switch self {
    case .training(let scenario): scenario.name
    case .inference(let scenario): scenario.name
    }
  }
}
