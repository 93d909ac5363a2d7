// Means over GPUs of times that stand for several.

import Units

/// Time of one simulated GPU, which counts as often as GPUs that it stands for.
package protocol WeightedTime {
  /// GPUs that the simulated one stands for, itself included.
  var gpus: Int { get }
  /// The time of each.
  var time: SimDuration { get }
}

/// A mean in seconds; whole picoseconds first, so that the mean of equal times has the bits of one.
package func meanSeconds(ofPicoseconds sum: Int128, over count: Int) -> Double {
  let count = max(1, count)
  let (whole, rest) = sum.quotientAndRemainder(dividingBy: Int128(count))
  return (Double(whole) + Double(rest) / Double(count)) * 1e-12
}

extension Sequence where Element: WeightedTime {
  /// Seconds of the rows that are counted, as a mean over all GPUs.
  ///
  /// The sum is exact, so it does not depend on the order of the rows.
  package func meanSeconds(overGPUs count: Int, where isCounted: (Element) -> Bool) -> Double {
    let sum = reduce(Int128(0)) { sum, row in
      isCounted(row) ? sum + Int128(row.gpus) * Int128(row.time.picoseconds) : sum
    }
    return Recording.meanSeconds(ofPicoseconds: sum, over: count)
  }
}
