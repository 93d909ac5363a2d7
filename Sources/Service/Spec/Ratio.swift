// A fraction of whole numbers: admission compares tokens with shares of tokens, and a rounded share
// would admit another request where both are equal.

/// An exact fraction in lowest terms. Its parts have 128 bits, so that the shares of a scenario,
/// their decay and sums of tokens have products that fit.
package struct Ratio: Hashable, Comparable, Sendable {
  /// Negative if the fraction is.
  package let numerator: Int128
  /// Positive.
  package let denominator: Int128

  /// - Precondition: `denominator` is not zero.
  package init(_ numerator: Int, _ denominator: Int = 1) {
    self.init(wide: Int128(numerator), Int128(denominator))
  }

  /// - Precondition: `denominator` is not zero.
  init(wide numerator: Int128, _ denominator: Int128) {
    precondition(denominator != 0, "a fraction has a denominator")
    let divisor =
      Self.commonDivisor(numerator.magnitude, denominator.magnitude) * denominator.signum()
    self.numerator = numerator / divisor
    self.denominator = denominator / divisor
  }

  /// The greatest common divisor, in 64 bits where they suffice.
  private static func commonDivisor(_ first: UInt128, _ second: UInt128) -> Int128 {
    var (a, b) = (first, second)
    while b > UInt128(UInt64.max) { (a, b) = (b, a % b) }
    guard b > 0 else { return Int128(max(1, a)) }
    var (c, d) = (UInt64(b), UInt64(a % b))
    while d > 0 { (c, d) = (d, c % d) }
    return Int128(c)
  }

  /// The fraction with the fewest digits that is within 1e-6 of a number, for shares from a
  /// scenario.
  ///
  /// - Precondition: the number is in 0...1.
  package init(_ number: Double) {
    precondition((0...1).contains(number), "a share is in 0...1")
    var scale = 1
    while (number * Double(scale)).rounded() / Double(scale) - number > 1e-6
      || number - (number * Double(scale)).rounded() / Double(scale) > 1e-6
    {
      scale *= 10
    }
    self.init(Int((number * Double(scale)).rounded()), scale)
  }

  package static func < (a: Ratio, b: Ratio) -> Bool {
    a.numerator * b.denominator < b.numerator * a.denominator
  }

  package static func * (a: Ratio, b: Ratio) -> Ratio {
    Ratio(wide: a.numerator * b.numerator, a.denominator * b.denominator)
  }

  package static func - (a: Ratio, b: Ratio) -> Ratio {
    Ratio(
      wide: a.numerator * b.denominator - b.numerator * a.denominator,
      a.denominator * b.denominator)
  }
}
