// Whether a service reached a steady state, and how sure its mean times are.
//
// Sources: MSER-5, White (1997), "An effective truncation heuristic for bias reduction in
// simulation output"; batch means with a test of their correlation, Law and Carson (1979);
// Student's t by the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).

import Recording

/// An estimate with the bounds of its 95 % interval.
package struct Estimate: Hashable, Sendable {
  /// The best estimate.
  package var value: Double
  /// The lower bound.
  package var low: Double
  /// The upper bound.
  package var high: Double
}

/// Statistics of sequences whose numbers may depend on those before.
package enum SteadyState {
  /// Returns how many numbers to leave out at the start: the cut with the least variance of the
  /// rest over its count, in batches of 5 (MSER-5).
  ///
  /// Cuts that leave fewer than 5 batches are not tried: two of them are often alike by chance, and
  /// 19 % of 119 batches of independent numbers would have no steady state; so 1 % have none.
  ///
  /// - Returns: nil if the cut lies in the second half, so that no steady state was reached, or if
  ///   there are fewer than 10 batches.
  package static func warmUp(_ values: [Double]) -> Int? {
    let batches = means(of: values, size: 5)
    let count = batches.count
    guard count >= 10 else { return nil }
    var best: (cut: Int, score: Double)?
    // From the end, so that the sums of each rest follow from the one before.
    var (sum, squares) = (0.0, 0.0)
    let shift = batches[count - 1]
    for cut in stride(from: count - 1, through: 0, by: -1) {
      let value = batches[cut] - shift
      sum += value
      squares += value * value
      let rest = Double(count - cut)
      guard rest >= 5 else { continue }
      let score = max(0, squares - sum * sum / rest) / (rest * rest)
      if best.map({ score <= $0.score }) ?? true { best = (cut, score) }
    }
    guard let best, best.cut * 2 < count else { return nil }
    return best.cut * 5
  }

  /// Returns the mean with its 95 % interval, from about 100 batches, or from fewer and larger ones
  /// if the correlation of a batch's mean with the next is not below 0.2. Smaller batches would
  /// miss the correlation of requests that a router has sent to the same instance.
  ///
  /// - Returns: nil if there are fewer than 20 such batches.
  package static func mean(_ values: [Double]) -> Estimate? {
    var size = max(1, values.count / 100)
    while values.count / size >= 20 {
      let batches = means(of: values, size: size)
      if let correlation = lagOne(batches), correlation < 0.2 {
        let count = Double(batches.count)
        let center = Distribution.mean(batches)
        let squares = batches.reduce(0) { $0 + ($1 - center) * ($1 - center) }
        let half = studentT(batches.count - 1) * (squares / (count - 1) / count).squareRoot()
        // Numbers beyond the last whole batch count in the mean.
        let mean = Distribution.mean(values)
        return Estimate(value: mean, low: mean - half, high: mean + half)
      }
      size *= 2
    }
    return nil
  }

  /// Returns the slope of a line through numbers at times, with its 95 % interval, which is widened
  /// for the correlation of neighbouring residuals.
  ///
  /// - Returns: nil for fewer than 10 numbers, or if all times are equal.
  package static func slope(_ values: [Double], at times: [Double]) -> Estimate? {
    precondition(values.count == times.count, "every number has a time")
    let count = Double(values.count)
    guard values.count >= 10 else { return nil }
    let (time, value) = (times.reduce(0, +) / count, values.reduce(0, +) / count)
    var (spread, product) = (0.0, 0.0)
    for (x, y) in zip(times, values) {
      spread += (x - time) * (x - time)
      product += (x - time) * (y - value)
    }
    guard spread > 0 else { return nil }
    let slope = product / spread
    let residuals = zip(times, values).map { $1 - value - slope * ($0 - time) }
    let squares = residuals.reduce(0) { $0 + $1 * $1 }
    let correlation = min(0.99, max(0, lagOne(residuals) ?? 0))
    let error = (squares / (count - 2) / spread * (1 + correlation) / (1 - correlation))
      .squareRoot()
    let freedom = max(2, Int(count * (1 - correlation) / (1 + correlation)) - 2)
    let half = studentT(freedom) * error
    return Estimate(value: slope, low: slope - half, high: slope + half)
  }

  /// Means of successive batches; numbers beyond the last whole batch are left out.
  private static func means(of values: [Double], size: Int) -> [Double] {
    guard size > 1 else { return values }
    return (0..<values.count / size).map { batch in
      values[batch * size..<(batch + 1) * size].reduce(0, +) / Double(size)
    }
  }

  /// The correlation of each number with the next; nil for fewer than 3 numbers, 0 if all are
  /// equal.
  private static func lagOne(_ values: [Double]) -> Double? {
    guard values.count >= 3 else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    var (own, next) = (0.0, 0.0)
    for index in values.indices {
      let distance = values[index] - mean
      own += distance * distance
      if index > 0 { next += distance * (values[index - 1] - mean) }
    }
    return own > 0 ? next / own : 0
  }

  /// The 97.5 % quantile of Student's t: within 2 % from 2 degrees of freedom on, within 0.1 %
  /// from 5 on.
  static func studentT(_ freedom: Int) -> Double {
    let (z, n) = (1.959963984540054, Double(freedom))
    let (z3, z5, z7, z9) = (z * z * z, z * z * z * z * z, power(z, 7), power(z, 9))
    return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
      + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
      + (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * n * n * n * n)
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1.0) { product, _ in product * base }
  }
}
