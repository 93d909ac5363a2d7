// Random simulated durations.

import Units

extension RandomStream {
  /// An exponentially distributed duration, rounded down to whole picoseconds.
  ///
  /// - Precondition: `mean` is not negative and below 2.8 days, so that the largest variate fits.
  @inlinable
  public mutating func exponentialDuration(mean: SimDuration) -> SimDuration {
    SimDuration(picoseconds: Int64(exponential(mean: Double(mean.picoseconds))))
  }
}
