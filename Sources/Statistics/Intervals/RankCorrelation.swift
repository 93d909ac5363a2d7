// Spearman's rank correlation: how monotone a relation is, whatever its shape.

/// The rank correlation of paired values, from -1 to 1; equal values share the mean of their ranks
/// (C. Spearman, "The proof and measurement of association between two things", 1904).
///
/// - Returns: nil if either side does not vary or there are fewer than three pairs.
/// - Precondition: both have the same number of values.
package func rankCorrelation(_ first: [Double], _ second: [Double]) -> Double? {
  precondition(first.count == second.count, "\(first.count) and \(second.count) values")
  guard first.count > 2 else { return nil }
  let (x, y) = (ranks(first), ranks(second))
  let mean = Double(first.count + 1) / 2
  var (product, xx, yy) = (0.0, 0.0, 0.0)
  for (x, y) in zip(x, y) {
    product += (x - mean) * (y - mean)
    xx += (x - mean) * (x - mean)
    yy += (y - mean) * (y - mean)
  }
  return xx > 0 && yy > 0 ? product / (xx * yy).squareRoot() : nil
}

/// The ranks of values, from 1.
private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
    for place in start...end { ranks[order[place]] = Double(start + end) / 2 + 1 }
    start = end + 1
  }
  return ranks
}
