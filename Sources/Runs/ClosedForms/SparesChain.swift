// Spare nodes as a birth-and-death chain of failed nodes, with exponential lives and repairs. With
// a crew for every node only the mean repair time matters.

import Numerics

/// A cluster that needs some nodes and has spares for them.
package struct SparesChain: Hashable, Sendable {
  /// Whether spares fail while they wait.
  package enum Spares: Hashable, Sendable {
    /// They wait switched off and do not fail.
    case cold
    /// They run and fail like nodes in use.
    case hot
  }

  /// What the nodes that work do while too few work.
  package enum Shortage: Hashable, Sendable {
    /// The job stops and nothing fails until a repair.
    case stop
    /// They go on, and go on failing.
    case carryOn
  }

  /// Nodes that the job needs.
  package var needed: Int
  /// Nodes beyond those.
  package var spares: Int
  /// Mean life of a node, hours.
  package var meanLife: Double
  /// Mean repair time, hours.
  package var meanRepair: Double
  /// Repairs that go on at a time; nil for one crew for every node.
  package var crews: Int?
  /// What spares do.
  package var kind: Spares
  /// What happens when nodes lack.
  package var shortage: Shortage

  /// - Precondition: at least one node is needed, times are positive, and there is a crew.
  package init(
    needed: Int, spares: Int, meanLife: Double, meanRepair: Double, crews: Int? = nil,
    kind: Spares, shortage: Shortage
  ) {
    precondition(needed > 0 && spares >= 0 && meanLife > 0 && meanRepair > 0 && crews ?? 1 > 0)
    self.needed = needed
    self.spares = spares
    self.meanLife = meanLife
    self.meanRepair = meanRepair
    self.crews = crews
    self.kind = kind
    self.shortage = shortage
  }

  /// Failures per hour with some nodes failed.
  private func failureRate(_ failed: Int) -> Double {
    if failed > spares, shortage == .stop { return 0 }
    let working = needed + spares - failed
    return Double(kind == .cold ? min(needed, working) : working) / meanLife
  }

  /// Repairs per hour with some nodes failed.
  private func repairRate(_ failed: Int) -> Double {
    Double(min(failed, crews ?? failed)) / meanRepair
  }

  /// The share of time with each number of failed nodes, from 0.
  package var distribution: [Double] {
    var weights = [1.0]
    for failed in 1...needed + spares {
      let rate = failureRate(failed - 1)
      guard rate > 0 else { break }
      weights.append(weights[failed - 1] * rate / repairRate(failed))
      // Poor repairs make the weights grow beyond the range of Double.
      if weights[failed] > 1e200 { weights = weights.map { $0 * 1e-200 } }
    }
    let sum = weights.reversed().reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// The share of time with enough nodes.
  package var availability: Double { distribution.prefix(spares + 1).reversed().reduce(0, +) }

  /// The share of time with too few nodes, to full precision however small.
  package var unavailability: Double { distribution.dropFirst(spares + 1).reversed().reduce(0, +) }

  /// The mean number of nodes that wait for repair or are in it.
  package var meanInRepair: Double {
    distribution.enumerated().reversed().reduce(0) { $0 + Double($1.offset) * $1.element }
  }

  /// The mean time from a start with all nodes working until nodes lack for the first time, hours.
  package var meanTimeToShortage: Double {
    var (step, sum) = (0.0, 0.0)
    for failed in 0...spares {
      // The mean time from this number of failed nodes to one more.
      step = (1 + (failed == 0 ? 0 : repairRate(failed) * step)) / failureRate(failed)
      sum += step
    }
    return sum
  }
}
