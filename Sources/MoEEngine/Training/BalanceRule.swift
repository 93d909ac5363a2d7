// How experts are kept balanced, and how far they are from it.

/// What keeps the experts' loads equal.
public enum BalanceRule: String, CaseIterable, Hashable, Sendable {
  /// A selection bias that moves by a fixed step after each batch (arXiv 2408.15664), beside a
  /// small sequence-wise loss.
  case lossFree = "loss-free"
  /// A loss over the batch, no bias.
  case auxiliary
  /// Nothing.
  case none
}

extension RouterActivations {
  /// Visits of each expert.
  var loads: [Int] { (0..<offsets.count - 1).map(load) }
}

/// The largest load above the mean, over the mean: 0 where all are equal.
///
/// Source: MaxVio of arXiv 2408.15664, section 4.1.
public func maximalViolation(_ loads: [Int]) -> Double {
  let sum = loads.reduce(0, +)
  guard sum > 0 else { return 0 }
  return Double(loads.max() ?? 0) * Double(loads.count) / Double(sum) - 1
}

extension BatchPass {
  /// Moves every router's selection biases: up where an expert had fewer visits than the mean, down
  /// where it had more, by `step`.
  public func moveBiases(by step: Double) {
    for (index, router) in routers.enumerated() {
      let bias = transformer.bias(index)
      let loads = router.loads
      let sum = loads.reduce(0, +)
      for (expert, load) in loads.enumerated() {
        let surplus = load * loads.count - sum
        if surplus != 0 { bias[expert] += surplus > 0 ? -Float(step) : Float(step) }
      }
    }
  }

  /// The violation of each router's balance in the batch at hand.
  public var maximalViolations: [Double] { routers.map { maximalViolation($0.loads) } }
}
