// Load balancing of experts, and the measure of imbalance.

/// The method that balances the loads of the experts.
package enum BalanceRule: String, CaseIterable, Hashable, Sendable {
  /// A selection bias that changes by a fixed step after each batch (arXiv 2408.15664), with a
  /// small sequence-wise loss.
  case lossFree = "loss-free"
  /// A batch-wise auxiliary loss, no bias.
  case auxiliary
  case none
}

/// The largest load over the mean load, minus 1; 0 if all loads are equal.
///
/// Source: MaxVio of arXiv 2408.15664, section 4.1.
package func maximalViolation(_ loads: [Int]) -> Double {
  let sum = loads.reduce(0, +)
  guard sum > 0 else { return 0 }
  return Double(loads.max() ?? 0) * Double(loads.count) / Double(sum) - 1
}

extension BatchPass {
  /// Changes the selection biases of every router by `step`: up for experts with less than the mean
  /// load of the batch, down for experts with more.
  package func updateBiases(step: Double) {
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

  /// The maximal violation of each router in the current batch.
  package var maximalViolations: [Double] { routers.map { maximalViolation($0.loads) } }
}
