// A ratio of sums over replications, such as goodput = productive time / wall time. The mean of
// the replications' ratios is another number; which one is meant must be said.

/// The ratio of two sums over the same replications, with two standard errors.
package struct RatioOfMeans: Hashable, Sendable {
  /// Number of replications.
  package var count: Int
  /// Sum of the numerators over sum of the denominators.
  package var ratio: Double
  /// Standard error by the delta method; infinite for fewer than two replications.
  package var deltaError: Double
  /// The jackknife estimate, free of the ratio's first-order bias.
  package var jackknife: Double
  /// Standard error by the jackknife; infinite for fewer than two replications.
  package var jackknifeError: Double

  /// - Precondition: there is one positive denominator for each numerator, at least one in all.
  package init(of numerators: [Double], over denominators: [Double]) {
    precondition(
      !numerators.isEmpty && numerators.count == denominators.count
        && denominators.allSatisfy { $0 > 0 }, "a ratio needs positive partners")
    let n = Double(numerators.count)
    let (above, below) = (numerators.reduce(0, +), denominators.reduce(0, +))
    let ratio = above / below
    count = numerators.count
    self.ratio = ratio
    guard count > 1 else {
      (deltaError, jackknife, jackknifeError) = (.infinity, ratio, .infinity)
      return
    }
    let residuals = zip(numerators, denominators).map { $0 - ratio * $1 }
    deltaError = SampleMean(residuals).standardError * n / below
    let leftOut = SampleMean(
      zip(numerators, denominators).map { (above - $0) / (below - $1) })
    jackknife = n * ratio - (n - 1) * leftOut.mean
    jackknifeError = (n - 1) / n.squareRoot() * leftOut.standardDeviation
  }

  /// The confidence interval by the jackknife and Student's t; the whole line for one replication.
  ///
  /// - Precondition: 0 < `confidence` < 1.
  package func interval(confidence: Double) -> Interval {
    guard count > 1 else { return Interval(-.infinity, .infinity) }
    let half = SampleMean.tQuantile(confidence: confidence, degrees: count - 1) * jackknifeError
    return Interval(jackknife - half, jackknife + half)
  }
}
