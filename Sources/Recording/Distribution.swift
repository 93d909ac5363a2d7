// Mean, deviation and percentiles of the times of requests. Times are whole picoseconds, or whole
// picoseconds divided by a whole number, so that means of few values are exact to the last bit.
// Source of the percentiles: linear interpolation at rank (n - 1) p / 100, numpy's default, which
// vLLM's and SGLang's clients use.

/// Numbers in ascending order.
package struct Distribution: Sendable {
  /// The numbers, ascending.
  package let values: [Double]

  /// Sorts the numbers.
  package init(_ values: [Double]) { self.values = values.sorted() }

  /// The mean; nil if there are no numbers.
  package var mean: Double? { values.isEmpty ? nil : Self.mean(values) }

  /// The standard deviation of these numbers, dividing by their count (numpy's default); nil if
  /// there are none.
  package var deviation: Double? {
    guard let mean else { return nil }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count)).squareRoot()
  }

  /// The least number; nil if there are none.
  package var least: Double? { values.first }
  /// The greatest number; nil if there are none.
  package var greatest: Double? { values.last }

  /// The number at rank (n - 1) p / 1000 from 0, between two numbers in proportion; nil if there
  /// are none. Ranks are whole thousandths, so that a rank that is whole gives a number itself.
  ///
  /// - Precondition: `permille` is in 0...1000.
  package func percentile(permille: Int) -> Double? {
    precondition((0...1_000).contains(permille), "a percentile is in 0...100 %")
    guard !values.isEmpty else { return nil }
    let (index, rest) = ((values.count - 1) * permille).quotientAndRemainder(dividingBy: 1_000)
    guard rest > 0 else { return values[index] }
    let step = values[index + 1] - values[index]
    return values[index] + step * Double(rest) / 1_000
  }

  /// The mean of numbers; whole parts are summed exactly, so it does not depend on their order
  /// while the sum of the fractions is exact.
  ///
  /// - Precondition: there is a number, and all are finite and below 2^62 in size.
  package static func mean(_ values: [Double]) -> Double {
    var whole = Int128(0)
    var fractions = 0.0
    for value in values {
      let floor = value.rounded(.down)
      whole += Int128(Int64(floor))
      fractions += value - floor
    }
    let (quotient, rest) = whole.quotientAndRemainder(dividingBy: Int128(values.count))
    return Double(quotient) + (Double(rest) + fractions) / Double(values.count)
  }
}
