// Software that runs training or inference, as lists of values for its hosts. Each value has its
// fact; a value without is zero: that stack hides it.

import Facts

/// A stack with the costs of its hosts.
package enum SoftwareStack: String, CaseIterable, Hashable, Sendable {
  case deepseek
  case megatron
  case torchtitan
  case sglang
  case vllm

  /// Seconds between kernels of a host that is never late.
  package static let assumedHiddenGap = 1e-6
  /// Operations of the forward of a layer's experts.
  package static let assumedExpertOperations = 110.0
  /// Operations of the forward of attention and a dense feed-forward.
  package static let assumedDenseOperations = 50.0
  /// Seconds for data and logs in each step.
  package static let assumedStepWork = 5e-3
  /// One synchronised addition less the same without: fact khost.torch.eager_op.
  private static let synchronisation = 9e-6
  private static let eagerOperation = 8e-6

  /// The stacks that train.
  package static let training: [SoftwareStack] = [.deepseek, .megatron, .torchtitan]
  /// The stacks that serve.
  package static let inference: [SoftwareStack] = [.sglang, .vllm, .deepseek]

  /// The times of a host.
  package var host: HostCosts {
    var host = HostCosts()
    for value in values { value.set(&host) }
    return host
  }

  /// A value of a stack with its source.
  package struct Value: Sendable {
    /// The key in scenarios.
    package var key: String
    /// In `unit`.
    package var number: Double
    /// Unit of the number; empty for a ratio or a count.
    package var unit: String
    /// Where it is from.
    package var source: SourceText
    /// Where it counts.
    fileprivate var set: @Sendable (inout HostCosts) -> Void
  }

  private static func time(
    _ key: String, _ seconds: Double, _ source: SourceText,
    _ path: any WritableKeyPath<HostCosts, Double> & Sendable
  ) -> Value {
    let (scale, unit) = seconds < 1e-3 ? (1e6, "us") : (1e3, "ms")
    return Value(key: key, number: seconds * scale, unit: unit, source: source) {
      $0[keyPath: path] = seconds
    }
  }

  private static func number(
    _ key: String, _ number: Double, _ source: SourceText,
    _ path: any WritableKeyPath<HostCosts, Double> & Sendable
  ) -> Value {
    Value(key: key, number: number, unit: "", source: source) { $0[keyPath: path] = number }
  }

  /// The values, in the order of lists.
  package var values: [Value] {
    switch self {
    case .deepseek:
      [Self.time("gap", Self.assumedHiddenGap, "\(.assumed.hiddenGap)", \.gap)] + Self.ofSteps
    case .megatron: [Self.graphGap] + Self.eager(Self.eagerOperation) + [Self.layer] + Self.ofSteps
    case .torchtitan: [Self.graphGap] + Self.eager(6.5e-6) + Self.ofSteps
    case .sglang:
      [Self.graphGap] + Self.eager(Self.eagerOperation) + [
        Self.time("scheduler", 2.8e-3, "\(.between.scheduler)", \.scheduler),
        Self.time("unhidden", 0.44e-3, "\(.between.unhiddenSGLang)", \.unhidden),
      ]
    case .vllm:
      [Self.graphGap] + Self.eager(Self.eagerOperation) + [
        Self.time("scheduler", 2.8e-3, "\(.between.scheduler)", \.scheduler),
        Self.time("unhidden", 0.25e-3, "\(.between.unhiddenVLLM)", \.unhidden),
      ]
    }
  }

  private static var graphGap: Value {
    time("gap", 0.5e-6, "\(.between.nodeGap)", \.gap)
  }

  /// Launches from Python, one by one.
  private static func eager(_ operation: Double) -> [Value] {
    [
      time(
        "operation", operation,
        operation == eagerOperation ? "\(.between.eagerOperation)" : "\(.between.launch)",
        \.operation),
      number(
        "dense_operations", assumedDenseOperations, "\(.assumed.denseOperations)",
        \.denseOperations),
      number(
        "expert_operations", assumedExpertOperations, "\(.assumed.expertOperations)",
        \.expertOperations),
      Value(key: "synchronisations", number: 1, unit: "", source: "\(.between.expertLayer)") {
        $0.synchronisations = 1
      },
      time(
        "synchronisation", synchronisation, "\(.between.eagerOperation)", \.synchronisation),
    ]
  }

  /// The measured floor of Megatron's layer with DeepEP: rows without much work for the GPU.
  private static var layer: Value {
    Value(key: "expert_layer", number: 10.7, unit: "ms", source: "\(.between.expertLayer)") {
      $0.expertLayer = 10.7e-3
    }
  }

  private static var ofSteps: [Value] {
    [
      // 41.2 of 19.6 ms.
      number("optimizer_factor", 2.1, "\(.between.optimizerParts)", \.optimizerFactor),
      time("optimizer", 20e-3, "\(.between.optimizerLaunches)", \.optimizerLaunches),
      time("step", assumedStepWork, "\(.assumed.stepWork)", \.stepWork),
    ]
  }
}
