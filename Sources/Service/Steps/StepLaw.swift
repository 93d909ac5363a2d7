// How long a step of an instance takes: a surface over real simulated steps, or a linear law.

import Units

/// The times of steps that only decode, while the sum of their contexts grows.
package struct StepSeries: Hashable, Sendable {
  /// Picoseconds at the asked sum.
  package var start: Int64
  /// Picoseconds more for every further token.
  package var perToken: Int64
  /// The largest sum for which the line holds.
  package var limit: Int

  package init(start: Int64, perToken: Int64, limit: Int) {
    self.start = start
    self.perToken = perToken
    self.limit = limit
  }

  /// As many of some steps as fit in a time, at least one.
  func steps(upTo count: Int, rows: Int, in time: SimDuration) -> Int {
    let longest = Double(start) + Double(perToken) * Double(rows) * Double(count)
    return max(1, min(count, Int(Double(time.picoseconds) / max(1, longest))))
  }

  /// The picoseconds of some steps, between which the sum grows by `rows`.
  func total(steps: Int, rows: Int) -> Int64 {
    let count = Int64(steps)
    return count * start + perToken * Int64(rows) * (count * (count - 1) / 2)
  }
}

/// What a step has in common with the others of its unit.
package struct UnitShape: Hashable, Sendable {
  /// Tokens of all instances of the unit / instances.
  package var meanTokens: Double
  /// Rows of the most loaded GPU's experts / mean.
  package var imbalance: Double
  /// Whether any instance of the unit computes a prompt: then all exchange like that.
  package var hasPrompts: Bool

  package init(meanTokens: Double, imbalance: Double, hasPrompts: Bool) {
    self.meanTokens = meanTokens
    self.imbalance = imbalance
    self.hasPrompts = hasPrompts
  }
}

/// Gives the times of steps; a value that remembers what it has computed.
package protocol StepLaw {
  /// Picoseconds of an instance's step if it waited for no other instance.
  mutating func time(of shape: StepShape, in unit: UnitShape) -> Int64
  /// The line on which the step's time lies while its context grows.
  ///
  /// - Precondition: the shape has no prompts and no drafts.
  mutating func line(of shape: StepShape, in unit: UnitShape) -> StepSeries
}
