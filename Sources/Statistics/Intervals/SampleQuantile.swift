// Quantiles of a sample: the range of one run, which more replications make surer but not narrower.

/// The quantile of a sample, linear between order statistics (definition 7 of R. Hyndman, Y. Fan,
/// "Sample quantiles in statistical packages", 1996).
///
/// - Precondition: there are values, and 0 <= `probability` <= 1.
package func sampleQuantile(_ values: [Double], _ probability: Double) -> Double {
  precondition(!values.isEmpty && (0...1).contains(probability), "no quantile \(probability)")
  let sorted = values.sorted()
  let position = probability * Double(sorted.count - 1)
  let index = min(Int(position), sorted.count - 1)
  let next = min(index + 1, sorted.count - 1)
  return sorted[index] + (position - Double(index)) * (sorted[next] - sorted[index])
}
