// Distributions of the time between arrivals, with a mean of 1: the rate of arrivals stretches
// them. Each gap has a random stream of its own, so that a sampler may draw as often as it needs
// and compared services still see equal gaps.
// Source of the gamma sampler: G. Marsaglia, W. Tsang, "A simple method for generating gamma
// variables", ACM TOMS 26 (2000); of the first gap: D. Cox, "Renewal theory" (1962), section 2.2.

import Numerics
import Units

/// A distribution of gaps with a mean of 1.
package enum GapLaw: Hashable, Sendable {
  /// All gaps are equal.
  case constant
  /// Gamma with a shape, which vLLM calls burstiness: 1 is a Poisson process, less is burstier. The
  /// coefficient of variation is 1 / sqrt(shape).
  case gamma(shape: Double)
  /// Weibull with a shape.
  case weibull(shape: Double)

  /// A Poisson process.
  package static let poisson = GapLaw.gamma(shape: 1)

  /// A gap.
  ///
  /// - Parameter stream: the stream of this gap alone.
  package func gap(_ stream: inout RandomStream) -> Double {
    switch self {
    case .constant: 1
    case .gamma(let shape): Self.gamma(shape, &stream) / shape
    case .weibull(let shape):
      Self.power(-naturalLogarithm(stream.uniform()), 1 / shape) / Self.weibullMean(shape)
    }
  }

  /// The time from a random moment to the next arrival: a gap that contains a random moment is
  /// longer than others, and the moment is anywhere in it.
  package func firstGap(_ stream: inout RandomStream) -> Double {
    let place = stream.uniform()
    switch self {
    case .constant: return place
    case .gamma(let shape): return place * Self.gamma(shape + 1, &stream) / shape
    case .weibull(let shape):
      let power = Self.gamma(1 + 1 / shape, &stream)
      return place * Self.power(power, 1 / shape) / Self.weibullMean(shape)
    }
  }

  /// A gamma variate of scale 1.
  private static func gamma(_ shape: Double, _ stream: inout RandomStream) -> Double {
    if shape == 1 { return -naturalLogarithm(stream.uniform()) }
    if shape < 1 {
      // Below a shape of 1: one of shape + 1, times a power of a uniform number.
      let factor = power(stream.uniform(), 1 / shape)
      return factor * gamma(shape + 1, &stream)
    }
    let d = shape - 1 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normalQuantile(stream.uniform())
      let root = 1 + c * x
      let u = stream.uniform()
      guard root > 0 else { continue }
      let v = root * root * root
      if naturalLogarithm(u) < 0.5 * x * x + d * (1 - v + naturalLogarithm(v)) { return d * v }
    }
  }

  /// A power of a positive number.
  private static func power(_ base: Double, _ exponent: Double) -> Double {
    Numerics.exponential(exponent * naturalLogarithm(base))
  }

  /// The mean of a Weibull variate of scale 1.
  private static func weibullMean(_ shape: Double) -> Double {
    Numerics.exponential(logGamma(1 + 1 / shape))
  }
}
