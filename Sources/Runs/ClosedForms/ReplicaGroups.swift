// Checkpoints in the memory of other machines: groups of m machines hold each other's state, which
// survives unless a whole group is lost at once (Z. Wang and others, "Gemini: fast failure recovery
// in distributed training with in-memory checkpoints", SOSP 2023).

/// Machines in equal groups that hold each other's state.
package struct ReplicaGroups: Hashable, Sendable {
  /// All machines.
  package var machines: Int
  /// Machines of each group; a divisor of `machines`.
  package var replicas: Int

  /// - Precondition: groups are whole.
  package init(machines: Int, replicas: Int) {
    precondition(machines > 0 && replicas > 0 && machines.isMultiple(of: replicas))
    self.machines = machines
    self.replicas = replicas
  }

  /// The probability that the state survives the loss of some machines at once, all equally likely.
  ///
  /// Groups are drawn one after another: the machines that one loses are hypergeometric among
  /// those left. All terms are positive, unlike in the sum by inclusion and exclusion.
  ///
  /// - Precondition: 0 <= `failed` <= `machines`.
  /// - Complexity: number of groups times `failed` times `replicas`.
  package func survival(failedAtOnce failed: Int) -> Double {
    precondition((0...machines).contains(failed), "\(failed) of \(machines) machines fail")
    // The probability of each number of failures among the machines not drawn yet.
    var left = [Double](repeating: 0, count: failed + 1)
    left[failed] = 1
    for remaining in stride(from: machines, to: 0, by: -replicas) {
      var next = [Double](repeating: 0, count: failed + 1)
      for (failures, weight) in left.enumerated() where weight > 0 {
        for lost in 0...min(failures, replicas - 1) {
          next[failures - lost] +=
            weight * hypergeometric(lost, of: replicas, marked: failures, among: remaining)
        }
      }
      left = next
    }
    return left[0]
  }

  /// The probability that `drawn` machines hold `count` of the `marked` ones among `all`.
  private func hypergeometric(
    _ count: Int, of drawn: Int, marked: Int, among all: Int
  ) -> Double {
    guard marked <= all, drawn - count <= all - marked else { return 0 }
    var probability = 1.0
    // The marked ones first, then the others, times the number of orders.
    for index in 0..<drawn {
      let pool = index < count ? marked - index : all - marked - (index - count)
      probability *= Double(pool) / Double(all - index)
    }
    for index in 0..<count {
      probability *= Double(drawn - index) / Double(index + 1)
    }
    return probability
  }
}
