// A fraction of whole numbers: admission compares tokens with shares of tokens, and a rounded share
// would admit another request where both are equal.

/// An exact fraction in lowest terms.
package struct Ratio: Hashable, Comparable, Sendable {
  /// Negative if the fraction is.
  package let numerator: Int
  /// Positive.
  package let denominator: Int

  /// - Precondition: `denominator` is not zero; both stay below 2^63 in all sums and products.
  package init(_ numerator: Int, _ denominator: Int = 1) {
    precondition(denominator != 0, "a fraction has a denominator")
    var (a, b) = (numerator.magnitude, denominator.magnitude)
    while b > 0 { (a, b) = (b, a % b) }
    let divisor = Int(max(1, a)) * denominator.signum()
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  /// The fraction with the fewest digits that is within 1e-9 of a number, for shares from a
  /// scenario.
  ///
  /// - Precondition: the number is in 0...1.
  package init(_ number: Double) {
    precondition((0...1).contains(number), "a share is in 0...1")
    var scale = 1
    while (number * Double(scale)).rounded() / Double(scale) - number > 1e-9
      || number - (number * Double(scale)).rounded() / Double(scale) > 1e-9
    {
      scale *= 10
    }
    self.init(Int((number * Double(scale)).rounded()), scale)
  }

  package static func < (a: Ratio, b: Ratio) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  package static func * (a: Ratio, b: Ratio) -> Ratio {
    Ratio(a.numerator * b.numerator, a.denominator * b.denominator)
  }

  package static func - (a: Ratio, b: Ratio) -> Ratio {
    Ratio(
      a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
  }
}
