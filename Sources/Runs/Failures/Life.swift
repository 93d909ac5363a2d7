// How long a component works until it fails: exponential lives, which do not age, and Weibull
// lives, whose failures become rarer (shape below 1) or more frequent (shape above 1) with age.

import Numerics
import Units

/// The distribution of a component's time to failure, in hours of operation.
package enum Life: Hashable, Sendable {
  /// A constant rate of failure: 1 / mean.
  case exponential(mean: Double)
  /// Survival exp(-(t / scale)^shape).
  case weibull(shape: Double, scale: Double)

  /// The mean life of a new component, hours.
  package var mean: Double {
    switch self {
    case .exponential(let mean): mean
    case .weibull(let shape, let scale): scale * Numerics.exponential(logGamma(1 + 1 / shape))
    }
  }

  /// The life of a component that lasts so many times as long.
  func times(_ factor: Double) -> Life {
    switch self {
    case .exponential(let mean): .exponential(mean: mean * factor)
    case .weibull(let shape, let scale): .weibull(shape: shape, scale: scale * factor)
    }
  }

  /// The probability that a new component works for at least some hours.
  package func survival(_ hours: Double) -> Double {
    switch self {
    case .exponential(let mean): Numerics.exponential(-hours / mean)
    case .weibull(let shape, let scale): Numerics.exponential(-power(hours / scale, shape))
    }
  }

  /// The probability that a component of some age fails within some time. The survival of an old
  /// one is too small to divide by.
  package func failedShare(after age: Double, within time: Double) -> Double {
    switch self {
    case .exponential(let mean): return 1 - Numerics.exponential(-time / mean)
    case .weibull(let shape, let scale):
      let exposure = power((age + time) / scale, shape) - power(age / scale, shape)
      return 1 - Numerics.exponential(-exposure)
    }
  }

  /// The age at failure of a component of some age, for a probability of having failed by then
  /// since that age: the inverse of the conditional distribution.
  ///
  /// - Precondition: 0 < `probability` < 1.
  package func failureAge(after age: Double, probability: Double) -> Double {
    let exposure = -naturalLogarithm(1 - probability)
    switch self {
    case .exponential(let mean): return age + mean * exposure
    case .weibull(let shape, let scale):
      return scale * power(power(age / scale, shape) + exposure, 1 / shape)
    }
  }
}

extension Life {
  /// The probability that a component of a fleet that has run for ever fails within some time:
  /// the integral of the survival up to it / the mean life.
  func stationaryShare(before time: Double) -> Double {
    switch self {
    case .exponential(let mean): 1 - Numerics.exponential(-time / mean)
    case .weibull(let shape, let scale):
      regularizedGamma(shape: 1 / shape, power(time / scale, shape))
    }
  }

  /// The time within which it fails with a probability: the inverse.
  func stationaryTime(probability: Double) -> Double {
    switch self {
    case .exponential: failureAge(after: 0, probability: probability)
    case .weibull(let shape, let scale):
      scale * power(gammaQuantile(shape: 1 / shape, probability), 1 / shape)
    }
  }
}
