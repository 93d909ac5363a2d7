// The time of a run: seconds in whole ticks of 2^-24 s, up to 2^29 s (17 years). Sums and
// differences of such numbers are exact in a Double, so that the categories of a run sum to its
// wall time to the last bit, in any order.

/// Rounding to the ticks of a run.
package enum RunSeconds {
  /// Ticks of a second.
  private static let ticks = 16_777_216.0
  /// The longest run, seconds: exact sums end at twice this.
  package static let longest = 268_435_456.0

  /// The nearest whole number of ticks; numbers above the longest run become it.
  package static func rounded(_ seconds: Double) -> Double {
    (min(max(seconds, 0), longest) * ticks).rounded() / ticks
  }

  /// The same of a duration that must not vanish: at least a tick.
  package static func positive(_ seconds: Double) -> Double { max(rounded(seconds), 1 / ticks) }
}
