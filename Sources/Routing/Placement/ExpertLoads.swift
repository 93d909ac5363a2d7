// Loads of every expert in every layer: the input of a placement planner.

import Text

/// Loads of the routed experts, layer by layer.
package struct ExpertLoads: Hashable, Sendable {
  /// Layers with experts.
  package let layers: Int
  /// Routed experts per layer.
  package let experts: Int
  /// `[layers, experts]`, row-major; finite and not negative.
  package let values: [Float]

  /// - Precondition: `values` has layers x experts entries, all finite and not negative.
  package init(layers: Int, experts: Int, values: [Float]) {
    precondition(layers > 0 && experts > 0, "loads have a layer and an expert")
    precondition(values.count == layers * experts, "a load for each expert of each layer")
    precondition(values.allSatisfy { $0.isFinite && $0 >= 0 }, "loads are finite, not negative")
    self.layers = layers
    self.experts = experts
    self.values = values
  }

  /// Loads of one layer, `[experts]`.
  package subscript(layer: Int) -> [Float] {
    Array(values[layer * experts..<(layer + 1) * experts])
  }

  /// The element-wise sum of several loads.
  ///
  /// - Precondition: at least one, all of the same shape.
  package static func sum(_ loads: some Sequence<ExpertLoads>) -> ExpertLoads {
    let sum = loads.reduce(into: ExpertLoads?.none) { sum, next in
      guard let before = sum else { return sum = next }
      precondition(
        (next.layers, next.experts) == (before.layers, before.experts), "loads of one shape")
      sum = ExpertLoads(
        layers: next.layers, experts: next.experts,
        values: zip(before.values, next.values).map { $0 + $1 })
    }
    guard let sum else { preconditionFailure("a sum has a part") }
    return sum
  }
}

/// What is wrong with loads or sizes of a placement.
package struct PlacementProblem: ExplainedError, Hashable {
  package let explanations: [Explanation]

  /// - Precondition: at least one problem.
  package init(_ explanations: [Explanation]) {
    precondition(!explanations.isEmpty, "an error has a reason")
    self.explanations = explanations
  }
}
