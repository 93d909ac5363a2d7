// What a service asks the surface of step times, and what it learns.

import Units

/// The size of one step of one attention group, as far as its time depends on it. A group without
/// work that joins the step of its unit computes one token.
package struct SurfacePoint: Hashable, Sendable {
  /// Prompt tokens to compute.
  package var prefillTokens: Int
  /// Twice the sum over prompt rows of n (computed + (n + 1) / 2): tokens times the tokens that
  /// they attend to.
  package var prefillPairsDoubled: Int
  /// Cached tokens before those of prompt rows, summed over rows.
  package var prefillContext: Int
  /// Sequences that decode.
  package var decodes: Int
  /// Tokens that they compute. The surface has 1 + K for each sequence; fewer cost the same, as a
  /// captured graph does not shrink.
  package var decodeTokens: Int
  /// Cached tokens of the sequences that decode, summed over them.
  package var decodeContext: Int
  /// Tokens of an attention group, mean over all groups of the unit.
  package var unitTokens: Double
  /// Rows of the most loaded GPU's experts / mean; 1 for even loads.
  package var imbalance: Double

  /// Makes a point; without `unitTokens`, other groups have as many tokens as this one.
  package init(
    prefillTokens: Int = 0, prefillPairsDoubled: Int = 0, prefillContext: Int = 0,
    decodes: Int = 0, decodeTokens: Int = 0, decodeContext: Int = 0, unitTokens: Double? = nil,
    imbalance: Double = 1
  ) {
    self.prefillTokens = prefillTokens
    self.prefillPairsDoubled = prefillPairsDoubled
    self.prefillContext = prefillContext
    self.decodes = decodes
    self.decodeTokens = decodeTokens
    self.decodeContext = decodeContext
    self.unitTokens = unitTokens ?? Double(prefillTokens + decodeTokens)
    self.imbalance = imbalance
  }

  /// Tokens of the group.
  package var tokens: Int { prefillTokens + decodeTokens }
}

/// Times of steps that differ only in the contexts of the sequences that decode: exact in whole
/// picoseconds, so that many steps are an arithmetic series.
package struct StepLine: Hashable, Sendable {
  /// Time at the point that was asked for.
  package var start: SimDuration
  /// Further time for each further cached token of any sequence. Negative where the machine is
  /// faster with longer contexts, as some measured kernels are.
  package var perToken: SimDuration
  /// The sum of contexts that `start` belongs to.
  package var context: Int
  /// The line holds for sums of contexts from `context` up to, but not including, this one.
  package var contextLimit: Int

  /// Time of a step at another sum of contexts.
  ///
  /// - Precondition: context <= decodeContext < contextLimit.
  package func time(decodeContext: Int) -> SimDuration {
    start + perToken * (decodeContext - context)
  }

  /// Total of `count` steps whose sums of contexts grow by `growth` from one to the next.
  package func total(count: Int, growth: Int) -> SimDuration {
    start * count + perToken * (growth * (count * (count - 1) / 2))
  }
}

/// How a surface came about.
package struct SurfaceStatistics: Hashable, Sendable {
  /// Steps that the machine has simulated, for nodes, checks and points outside.
  package var machineRuns = 0
  /// Points at which the surface equals the machine.
  package var nodes = 0
  /// Cells that answer.
  package var cells = 0
  /// Cells that were divided.
  package var refinedCells = 0
  /// The largest relative difference from the machine at the check points of cells that answer.
  package var largestError = 0.0
  /// Points above the largest node or below the smallest, for which the machine was asked.
  package var outsideCalls = 0

  package init() {}
}
