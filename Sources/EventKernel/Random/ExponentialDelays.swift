// Exponential delays of one mean, two at a time and each before it is asked for. A drawn number
// mostly decides a comparison of times at once, and a processor that guessed that comparison wrong
// learns so only after the whole chain of Philox and logarithm, some 150 cycles; drawn ahead, the
// number is there. Two logarithms at once cost what one costs.

import Units

/// A sequence of exponentially distributed lengths of time, one draw of its stream for each.
///
/// It gives what `RandomStream.exponentialDuration(mean:)` gives on the same stream. For delays
/// whose mean changes use the stream itself.
public struct ExponentialDelays: Equatable, Sendable {
  /// The mean of the delays.
  public let mean: SimDuration
  @usableFromInline var stream: RandomStream
  @usableFromInline var first: SimDuration = .zero
  @usableFromInline var second: SimDuration = .zero
  @usableFromInline var isFirstNext = true

  /// Makes the sequence of delays that a stream gives from where it stands.
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
