// Exponential delays with a fixed mean, drawn in pairs and ahead of use. A drawn delay usually
// decides a comparison of times immediately. On a branch misprediction the processor would have to
// wait for the whole chain of Philox and logarithm, about 150 cycles; a delay drawn ahead is
// already available. Two logarithms at once cost as much as one.

import Units

/// A sequence of exponentially distributed durations, with one draw of its stream for each.
///
/// It yields the same values as `RandomStream.exponentialDuration(mean:)` on the same stream. For
/// delays with a changing mean, use the stream itself.
public struct ExponentialDelays: Equatable, Sendable {
  /// The mean of the delays.
  public let mean: SimDuration
  @usableFromInline var stream: RandomStream
  @usableFromInline var first: SimDuration = .zero
  @usableFromInline var second: SimDuration = .zero
  @usableFromInline var isFirstNext = true

  /// Makes the sequence of delays that a stream yields from its current position.
  ///
  /// - Precondition: `mean` is not negative and below 2.8 days, so that the largest variate fits.
  @inlinable
  public init(_ stream: RandomStream, mean: SimDuration) {
    self.mean = mean
    self.stream = stream
    drawPair()
  }

  /// The next delay, rounded down to whole picoseconds.
  ///
  /// Complexity: O(1).
  @inlinable
  public mutating func next() -> SimDuration {
    let delay = isFirstNext ? first : second
    if !isFirstNext { drawPair() }
    isFirstNext.toggle()
    return delay
  }

  @inlinable
  mutating func drawPair() {
    let numbers = stream.exponentialPair(mean: Double(mean.picoseconds))
    first = SimDuration(picoseconds: Int64(numbers[0]))
    second = SimDuration(picoseconds: Int64(numbers[1]))
  }
}

extension RandomStream {
  /// An exponentially distributed duration, rounded down to whole picoseconds.
  ///
  /// - Precondition: `mean` is not negative and below 2.8 days, so that the largest variate fits.
  @inlinable
  public mutating func exponentialDuration(mean: SimDuration) -> SimDuration {
    SimDuration(picoseconds: Int64(exponential(mean: Double(mean.picoseconds))))
  }
}
