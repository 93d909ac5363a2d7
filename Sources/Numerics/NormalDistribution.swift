// Quantiles of the standard normal distribution, by GSL.

import CGSL

/// The value below which a standard normal variate lies with `probability`.
///
/// - Precondition: 0 < probability < 1.
public func normalQuantile(_ probability: Double) -> Double {
  precondition(probability > 0 && probability < 1, "a quantile needs a probability inside 0...1")
  return gsl_cdf_ugaussian_Pinv(probability)
}
