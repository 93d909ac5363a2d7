// What the experts of a layer receive, and how uneven that makes their GPUs.

/// What one expert of a layer receives in a step.
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

/// How uneven the GPUs of an expert group are in one layer.
package struct LayerLoad: Hashable, Sendable {
  /// The layer among those with experts, from 0.
  package var layer: Int
  /// Rows of the most loaded GPU / mean, mean over microbatches.
  package var maxOverMean: Double
  /// The same for the past loads that the placement was planned on; nil where there are none.
  package var plannedMaxOverMean: Double?

  package init(layer: Int, maxOverMean: Double, plannedMaxOverMean: Double? = nil) {
    self.layer = layer
    self.maxOverMean = maxOverMean
    self.plannedMaxOverMean = plannedMaxOverMean
  }
}
