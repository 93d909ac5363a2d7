// A counter-based random function: any number of a stream can be computed directly, so streams
// share no state and a stream's checkpoint is its position. Source: J. Salmon, M. Moraes, R. Dror,
// D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; Philox2x64 with ten rounds,
// multiplier and key step as in Random123's philox.h.

/// The Philox2x64-10 function.
public enum Philox2x64 {
  @inlinable static var multiplier: UInt64 { 0xd2b7_4407_b1ce_6e93 }
  @inlinable static var keyStep: UInt64 { 0x9e37_79b9_7f4a_7c15 }

  /// The two random words at a counter.
  ///
  /// Complexity: O(1), ten 64-bit multiplications.
  @inlinable
  public static func block(
    counter: (UInt64, UInt64), key: UInt64
  ) -> (UInt64, UInt64) {
    var (low, high) = counter
    var roundKey = key
    for _ in 0..<10 {
      let product = low.multipliedFullWidth(by: multiplier)
      low = product.high ^ roundKey ^ high
      high = product.low
      roundKey &+= keyStep
    }
    return (low, high)
  }
}
