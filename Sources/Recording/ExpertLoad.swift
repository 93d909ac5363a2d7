// The loads of a layer's experts, and the resulting imbalance between GPUs.

/// The load of one expert of a layer in a step.
package struct ExpertLoad: Hashable, Sendable {
  /// The layer among those with experts, from 0.
  package var layer: Int
  /// The expert, from 0.
  package var expert: Int
  /// The GPU of the expert group that holds it, from 0.
  package var gpu: Int
  /// Token-expert pairs of all microbatches of one expert group.
  package var rows: Int

  package init(layer: Int, expert: Int, gpu: Int, rows: Int) {
    self.layer = layer
    self.expert = expert
    self.gpu = gpu
    self.rows = rows
  }
}

/// The load imbalance between the GPUs of an expert group in one layer.
package struct LayerLoad: Hashable, Sendable {
  /// The layer among those with experts, from 0.
  package var layer: Int
  /// Rows of the most loaded GPU / mean, averaged over microbatches.
  package var maxOverMean: Double
  /// The same ratio for the past loads used to plan the placement; nil if there are none.
  package var plannedMaxOverMean: Double?

  package init(layer: Int, maxOverMean: Double, plannedMaxOverMean: Double? = nil) {
    self.layer = layer
    self.maxOverMean = maxOverMean
    self.plannedMaxOverMean = plannedMaxOverMean
  }
}
