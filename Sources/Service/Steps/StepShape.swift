// The size of one step of an instance, as far as its time depends on it.

/// What a step of one instance computes.
package struct StepShape: Hashable, Sendable {
  /// Prompt tokens to compute.
  package var prefillTokens = 0
  /// Pairs of a prompt token and a token that it attends to, itself included: the sum of
  /// n (computed + (n + 1) / 2) over prompt rows of n tokens, doubled to be whole.
  package var prefillPairsDoubled = 0
  /// Cached tokens before those of prompt rows, summed over rows.
  package var prefillContext = 0
  /// Requests that decode.
  package var decodes = 0
  /// Tokens that they compute: one each, and their drafts.
  package var decodeTokens = 0
  /// Cached tokens of requests that decode, summed over them.
  package var decodeContext = 0

  package init() {}

  /// Tokens of all rows.
  package var tokens: Int { prefillTokens + decodeTokens }

  /// Whether it is at least as large as another in every size.
  func covers(_ other: StepShape) -> Bool {
    decodeContext >= other.decodeContext && decodes >= other.decodes
      && prefillTokens >= other.prefillTokens
      && prefillPairsDoubled >= other.prefillPairsDoubled
      && prefillContext >= other.prefillContext && decodeTokens >= other.decodeTokens
  }

  /// Adds the sizes of another.
  mutating func add(_ other: StepShape) {
    prefillTokens += other.prefillTokens
    prefillPairsDoubled += other.prefillPairsDoubled
    prefillContext += other.prefillContext
    decodes += other.decodes
    decodeTokens += other.decodeTokens
    decodeContext += other.decodeContext
  }

  /// The mean of some shapes whose sum this is, rounded down.
  func divided(by count: Int) -> StepShape {
    var mean = StepShape()
    mean.prefillTokens = prefillTokens / count
    mean.decodes = decodes / count
    if mean.prefillTokens > 0 {
      mean.prefillPairsDoubled = prefillPairsDoubled / count
      mean.prefillContext = prefillContext / count
    }
    if mean.decodes > 0 {
      mean.decodeTokens = decodeTokens * mean.decodes / decodes
      mean.decodeContext = decodeContext / count
    }
    return mean
  }
}
