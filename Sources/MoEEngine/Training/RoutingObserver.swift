// The routing decisions of a training step, for recording routing traces.

/// The decisions of one router in one step.
package struct RoutedLayer: Hashable, Sendable {
  /// Index among the model's routers: layers with experts in order, then prediction modules.
  package var router: Int
  /// The layer's name: `L3` in the main model, `M0` for a prediction module.
  package var name: String
  /// Experts per token.
  package var topK: Int
  /// The token of each row. A prediction module has fewer rows: it omits the last positions of
  /// every sequence.
  package var tokens: [UInt8]
  /// The domain of each row.
  package var domains: [UInt8]
  /// The experts of each row `[rows, topK]`, best first.
  package var experts: [Int32]
  /// The sigmoid scores of these experts, without bias `[rows, topK]`.
  package var scores: [Float]
}

/// The routing of one step.
package struct RoutedBatch: Hashable, Sendable {
  /// The step, from 0.
  package var step: Int
  /// Consecutive rows per sequence in the layers of the main model.
  package var length: Int
  /// The decisions of every router.
  package var layers: [RoutedLayer]
}

/// Receives the routing of every step.
package protocol RoutingObserver {
  /// Records the routing of a step.
  ///
  /// - Throws: an error that ends the run, such as a full disk.
  mutating func record(_ batch: RoutedBatch) throws
}

extension BatchPass {
  /// The routing of the current batch.
  func routing(_ batch: TokenBatch, step: Int) -> RoutedBatch {
    let model = transformer.configuration
    let layers = routers.enumerated().map { index, router in
      let module = index - model.expertLayers
      let length = module < 0 ? shape.length : shape.length - 1 - module
      let name = module < 0 ? "L\(model.denseLayers + index)" : "M\(module)"
      let rows = (0..<shape.sequences).flatMap { sequence in
        (0..<length).map { (sequence: sequence, place: sequence * (shape.length + 1) + $0) }
      }
      let visits = rows.count * model.gate.topK
      return RoutedLayer(
        router: index, name: name, topK: model.gate.topK,
        tokens: rows.map { UInt8(batch.tokens[$0.place]) },
        domains: rows.map { UInt8(batch.domains[$0.sequence]) },
        experts: Array(router.experts[..<visits]),
        scores: (0..<visits).map { visit in
          router.scores.row(visit / model.gate.topK)[Int(router.experts[visit])]
        })
    }
    return RoutedBatch(step: step, length: shape.length, layers: layers)
  }
}
