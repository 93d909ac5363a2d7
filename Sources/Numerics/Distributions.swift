// Probabilities and quantiles of the distributions that intervals and tests need, from GSL.

import CGSL

/// The probability that a standard normal number is at most `value`.
package func normalProbability(_ value: Double) -> Double { gsl_cdf_ugaussian_P(value) }

/// The quantile function of Student's t distribution.
///
/// - Precondition: 0 < `probability` < 1 and `degrees` > 0.
package func studentQuantile(_ probability: Double, degrees: Double) -> Double {
  precondition(returnsErrors && probability > 0 && probability < 1 && degrees > 0)
  return gsl_cdf_tdist_Pinv(probability, degrees)
}

/// The quantile function of the beta distribution with exponents `a` - 1 and `b` - 1.
///
/// By Brent's method on the distribution function: GSL's own inverse gives NaN for some thousand
/// events.
///
/// - Precondition: 0 < `probability` < 1, `a` > 0 and `b` > 0.
package func betaQuantile(_ probability: Double, _ a: Double, _ b: Double) -> Double {
  precondition(returnsErrors && probability > 0 && probability < 1 && a > 0 && b > 0)
  // The smaller tail keeps its digits.
  let found =
    probability < 0.5
    ? root(from: 0, to: 1) { gsl_cdf_beta_P($0, a, b) - probability }
    : root(from: 0, to: 1) { 1 - probability - gsl_cdf_beta_Q($0, a, b) }
  return found ?? a / (a + b)
}
