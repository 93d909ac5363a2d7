// Figures of a component's life in closed form, and the two ways to count failures of one socket
// over a time: each failed part replaced by a new one, or made as good as it was (minimal repair).

import Numerics

extension Life {
  /// Shape and scale of the Weibull distribution; an exponential life has shape 1.
  private var weibull: (shape: Double, scale: Double) {
    switch self {
    case .exponential(let mean): (1, mean)
    case .weibull(let shape, let scale): (shape, scale)
    }
  }

  /// The standard deviation of a new component's life, hours.
  package var standardDeviation: Double {
    let (shape, scale) = weibull
    let second = Numerics.exponential(logGamma(1 + 2 / shape))
    let first = Numerics.exponential(logGamma(1 + 1 / shape))
    return scale * (second - first * first).squareRoot()
  }

  /// Failures per hour of operation at an age.
  package func hazard(_ hours: Double) -> Double {
    let (shape, scale) = weibull
    return shape / scale * power(hours / scale, shape - 1)
  }

  /// The mean time to the first failure among equal new components: scale N^(-1/k) Gamma(1 + 1/k).
  /// Only an exponential life gives mean / N.
  ///
  /// - Precondition: `count` > 0.
  package func meanFirst(of count: Int) -> Double {
    precondition(count > 0, "\(count) components")
    return mean * power(Double(count), -1 / weibull.shape)
  }

  /// The mean life left at an age, hours: scale / k exp(x) Gamma(1/k, x), x = (age / scale)^k.
  package func meanResidual(at age: Double) -> Double {
    let (shape, scale) = weibull
    return scale / shape * scaledUpperGamma(1 / shape, power(age / scale, shape))
  }

  /// Mean failures until a time if each repair leaves the age as it was: (t / scale)^k.
  package func failuresWithMinimalRepair(until hours: Double) -> Double {
    let (shape, scale) = weibull
    return power(hours / scale, shape)
  }

  /// Mean failures until a time if each failed component is replaced by a new one: the renewal
  /// function m(t) = F(t) + integral of m(t - s) dF(s), in equal steps with F at their middles
  /// (M. Xie, "On the solution of renewal-type integral equations", 1989).
  ///
  /// - Complexity: quadratic in `steps`; 2,000 give three digits for shapes from 0.5.
  package func failuresWithReplacement(until hours: Double, steps: Int = 2000) -> Double {
    precondition(hours >= 0 && steps > 0, "\(steps) steps until \(hours) h")
    let step = hours / Double(steps)
    func failed(_ steps: Double) -> Double { 1 - survival(steps * step) }
    let whole = (0...steps).map { failed(Double($0)) }
    let middle = (0..<steps).map { failed(Double($0) + 0.5) }
    var renewals = [0.0]
    for index in 1...steps {
      var sum = whole[index] - middle[0] * renewals[index - 1]
      for earlier in 1..<index {
        sum += middle[index - earlier] * (renewals[earlier] - renewals[earlier - 1])
      }
      renewals.append(sum / (1 - middle[0]))
    }
    return renewals[steps]
  }
}
