// Functions of the C library and of GSL, for modules that import neither.

import CGSL
import Glibc

/// The base-2 logarithm.
package func log2(_ value: Double) -> Double { Glibc.log2(value) }

/// The natural logarithm.
package func logarithm(_ value: Double) -> Double { Glibc.log(value) }

/// The exponential function.
package func exponential(_ value: Double) -> Double { Glibc.exp(value) }

/// The cosine of an angle in turns.
package func cosine(turns: Double) -> Double { Glibc.cos(2 * Double.pi * turns) }

/// The hyperbolic tangent.
package func hyperbolicTangent(_ value: Double) -> Double { Glibc.tanh(value) }

/// The quantile function of the standard normal distribution.
///
/// - Precondition: 0 < probability < 1.
package func normalQuantile(_ probability: Double) -> Double {
  precondition(probability > 0 && probability < 1, "\(probability) is not between 0 and 1")
  return gsl_cdf_ugaussian_Pinv(probability)
}

/// The natural logarithm of the gamma function.
///
/// - Precondition: `value` > 0.
package func logGamma(_ value: Double) -> Double {
  precondition(value > 0, "\(value) is not positive")
  return gsl_sf_lngamma(value)
}

/// A number to a power.
///
/// - Precondition: `base` is not negative.
package func power(_ base: Double, _ exponent: Double) -> Double {
  precondition(base >= 0, "\(base) is negative")
  return Glibc.pow(base, exponent)
}
