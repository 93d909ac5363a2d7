// The mean of the largest of many equal, independent delays: what a barrier of that many ranks
// waits for. Source: order statistics; H. David, H. Nagaraja, "Order Statistics", 2003, chapter 3.

import Numerics

/// The largest of a number of independent delays of one distribution.
package struct LargestOfMany: Hashable, Sendable {
  /// How many delays.
  package var count: Int

  /// - Precondition: `count` > 0.
  package init(_ count: Int) {
    precondition(count > 0, "\(count) delays have no largest")
    self.count = count
  }

  /// The mean for standard normal delays: in standard deviations above the mean of one.
  package var normalMean: Double { mean { $0 } }

  /// The standard deviation for standard normal delays.
  package var normalDeviation: Double {
    let middle = normalMean
    return mean { ($0 - middle) * ($0 - middle) }.squareRoot()
  }

  /// The value that the largest of standard normal delays does not exceed with a probability.
  ///
  /// - Precondition: 0 < probability < 1.
  package func normalQuantile(_ probability: Double) -> Double {
    Numerics.normalQuantile(power(probability, 1 / Double(count)))
  }

  /// The median for standard normal delays.
  package var normalMedian: Double { normalQuantile(0.5) }

  /// The mean of a function of the largest z of `count` standard normals: its density is
  /// n phi(z) Phi(z)^(n - 1).
  private func mean(of function: (Double) -> Double) -> Double {
    let (n, median) = (Double(count), normalMedian)
    // Below and above these points the density is less than 1e-80 of its peak's.
    let points = [-20, median - 2, median, median + 1, median + 3, median + 20]
    return integral(over: points.sorted()) { z in
      let density = exponential(-z * z / 2) / (2 * Double.pi).squareRoot()
      return function(z) * n * density * power(normalProbability(z), n - 1)
    }
  }
}
