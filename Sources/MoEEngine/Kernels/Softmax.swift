// Softmax of a row, with a causal mask for attention, and the cross-entropy loss.

import Foundation

enum Softmax {
  /// Replaces the first `visible` scores of a row by their softmax and masks the others with zero.
  static func apply(_ row: UnsafeMutablePointer<Float>, visible: Int, of count: Int) {
    let sum = exponentials(row, visible)
    let inverse = Lanes(repeating: 1 / sum)
    forEachLanes(visible) {
      row.set(row.lanes($0) * inverse, $0)
    } tail: {
      row.setTail(row.tail($0, visible) * inverse, $0, visible)
    }
    if visible < count { (row + visible).update(repeating: 0, count: count - visible) }
  }

  /// Replaces the gradients of a row of probabilities, dp, by the gradients of their scores:
  /// ds = p (dp - sum(dp p)), zero beyond `visible`.
  ///
  /// - Parameters:
  ///   - p: `[count]`, the probabilities.
  ///   - slopes: `[count]`, holds dp and receives ds.
  static func backward(
    _ p: UnsafeMutablePointer<Float>, _ slopes: UnsafeMutablePointer<Float>, visible: Int,
    of count: Int
  ) {
    let mean = Lanes(repeating: dot(p, slopes, visible))
    forEachLanes(visible) {
      slopes.set(p.lanes($0) * (slopes.lanes($0) - mean), $0)
    } tail: {
      slopes.setTail(p.tail($0, visible) * (slopes.tail($0, visible) - mean), $0, visible)
    }
    if visible < count { (slopes + visible).update(repeating: 0, count: count - visible) }
  }

  /// The cross-entropy of a row of logits against a target, -ln softmax(target).
  ///
  /// Replaces the logits by their gradient times `weight`: (softmax - one-hot) x `weight`.
  static func crossEntropy(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, target: Int, weight: Float
  ) -> Double {
    let logit = row[target]
    let top = maximum(row, count)
    let sum = exponentials(row, count)
    let factor = Lanes(repeating: weight / sum)
    forEachLanes(count) {
      row.set(row.lanes($0) * factor, $0)
    } tail: {
      row.setTail(row.tail($0, count) * factor, $0, count)
    }
    row[target] -= weight
    return log(Double(sum)) + Double(top) - Double(logit)
  }

  /// Replaces a row by exp(x - max) and returns the sum.
  private static func exponentials(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    let top = Lanes(repeating: maximum(row, count))
    var sum = Lanes(repeating: 0)
    forEachLanes(count) {
      let value = exponential(row.lanes($0) - top)
      row.set(value, $0)
      sum += value
    } tail: { index in
      // The padding must not contribute to the sum.
      var value = exponential(row.tail(index, count) - top)
      for lane in (count - index)..<8 { value[lane] = 0 }
      row.setTail(value, index, count)
      sum += value
    }
    return sum.laneSum
  }

  /// The largest element of a row.
  static func maximum(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Float {
    var best = Lanes(repeating: -Float.infinity)
    var last = -Float.infinity
    forEachLanes(count) {
      let value = row.lanes($0)
      best = best.replacing(with: value, where: value .> best)
    } tail: { index in
      for place in index..<count { last = max(last, row[place]) }
    }
    for lane in 0..<8 { last = max(last, best[lane]) }
    return last
  }
}
