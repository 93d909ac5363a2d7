// What a step would take if what is not known exactly were otherwise.

/// A step's time in a draw of what is not known exactly. Draws with the same number are alike in
/// all variants of a scenario, so variants are compared draw by draw.
package struct PredictionError: Hashable, Sendable {
  /// The number of the draw, from 0.
  package var draw: Int
  /// The step's time over that at the best estimates.
  package var timeRatio: Double

  package init(draw: Int, timeRatio: Double) {
    self.draw = draw
    self.timeRatio = timeRatio
  }
}
