// What comparisons rank by, if what is not known exactly were otherwise.

/// The time of a step or of a run, or a service's time per token of a GPU, in a draw of what is not
/// known exactly. Draws with the same number are alike in all variants of a scenario, so variants
/// are compared draw by draw.
package struct PredictionError: Hashable, Sendable {
  /// The number of the draw, from 0.
  package var draw: Int
  /// The time over that at the best estimates.
  package var timeRatio: Double

  package init(draw: Int, timeRatio: Double) {
    self.draw = draw
    self.timeRatio = timeRatio
  }
}
