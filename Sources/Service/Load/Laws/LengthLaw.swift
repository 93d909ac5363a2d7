// Distributions of the numbers of tokens of prompts and outputs. Each length takes one uniform
// number, so that compared services see equal requests.

import Numerics
import Units

/// A distribution of lengths.
package enum LengthLaw: Hashable, Sendable {
  /// Always the same.
  case fixed(Int)
  /// Whole numbers of a range, all equally likely.
  case uniform(ClosedRange<Int>)
  /// Log-normal with a mean and the standard deviation of the logarithm; a length outside of the
  /// limits is moved to the nearer one.
  case lognormal(mean: Double, sigma: Double, limits: ClosedRange<Int>)
  /// Exponential with a mean; a length outside of the limits is moved to the nearer one.
  case exponential(mean: Double, limits: ClosedRange<Int>)
  /// Measured lengths with their shares.
  case empirical(EmpiricalLengths)

  /// The length at a quantile.
  ///
  /// - Precondition: 0 < `quantile` < 1.
  package func length(at quantile: Double) -> Int {
    switch self {
    case .fixed(let length): return length
    case .uniform(let range):
      let place = Int((quantile * Double(range.count)).rounded(.down))
      return range.lowerBound + min(place, range.count - 1)
    case .lognormal(let mean, let sigma, let limits):
      let scale = mean / Numerics.exponential(sigma * sigma / 2)
      let value = scale * Numerics.exponential(sigma * normalQuantile(quantile))
      return Self.whole(value, in: limits)
    case .exponential(let mean, let limits):
      return Self.whole(-naturalLogarithm(quantile) * mean, in: limits)
    case .empirical(let lengths): return lengths.length(at: quantile)
    }
  }

  private static func whole(_ value: Double, in limits: ClosedRange<Int>) -> Int {
    let most = Double(limits.upperBound)
    return max(limits.lowerBound, Int(min(most, value).rounded()))
  }
}

/// Lengths with their shares.
package struct EmpiricalLengths: Hashable, Sendable {
  /// In ascending order.
  private let lengths: [Int32]
  /// Sum of the shares up to and including each length; the last is their total.
  private let cumulative: [Double]

  /// - Parameter shares: lengths with their weights, in any order; a length may come twice.
  /// - Precondition: some weight is positive and none negative; lengths have 32 bits.
  package init(_ shares: [(length: Int, weight: Double)]) {
    let sorted = shares.enumerated().filter { $0.element.weight != 0 }.sorted {
      ($0.element.length, $0.offset) < ($1.element.length, $1.offset)
    }
    var total = 0.0
    cumulative = sorted.map {
      precondition($0.element.weight > 0, "a share is not negative")
      total += $0.element.weight
      return total
    }
    precondition(total > 0, "some length has a share")
    lengths = sorted.map { Int32($0.element.length) }
  }

  /// The least length with at least this share of all lengths at or below it.
  ///
  /// - Precondition: 0 < `quantile` < 1.
  /// - Complexity: O(log n).
  package func length(at quantile: Double) -> Int {
    let wanted = quantile * (cumulative.last ?? 0)
    var (low, high) = (0, cumulative.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] < wanted { low = middle + 1 } else { high = middle }
    }
    return Int(lengths[low])
  }
}
