// Means over GPUs of times that each represent several GPUs.

import Units

/// The time of one simulated GPU, weighted by the number of GPUs that it represents.
package protocol WeightedTime {
  /// The number of GPUs that the simulated one represents, itself included.
  var gpus: Int { get }
  /// The time of each of them.
  var time: SimDuration { get }
}

/// Returns a mean in seconds.
///
/// Whole picoseconds are divided first, so the mean of equal times has exactly the bits of one.
package func meanSeconds(ofPicoseconds sum: Int128, over count: Int) -> Double {
  let count = max(1, count)
  let (whole, rest) = sum.quotientAndRemainder(dividingBy: Int128(count))
  return (Double(whole) + Double(rest) / Double(count)) * 1e-12
}

extension Sequence where Element: WeightedTime {
  /// Returns the time of the counted rows in seconds, as a mean over all GPUs.
  ///
  /// The sum is exact, so it does not depend on the order of the rows.
  package func meanSeconds(overGPUs count: Int, where isCounted: (Element) -> Bool) -> Double {
    let sum = reduce(Int128(0)) { sum, row in
      isCounted(row) ? sum + Int128(row.gpus) * Int128(row.time.picoseconds) : sum
    }
    return Recording.meanSeconds(ofPicoseconds: sum, over: count)
  }
}
