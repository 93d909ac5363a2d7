// The power of a run by the state of its GPUs. Thermal design power times hours is an upper bound:
// even heavy training stays below it.

import Recording

/// Watts of GPUs by state, and of everything around them.
package struct PowerSpec: Hashable, Sendable {
  /// Share of its thermal design power that a GPU draws while it computes.
  package static let assumedComputeShare = 0.76
  /// Watts of a GPU that waits for others, or for a save.
  package static let assumedStalledPower = 275.0
  /// Watts of an idle GPU.
  package static let assumedIdlePower = 90.0
  /// Watts of a node without its GPUs.
  package static let assumedNodePower = 2_000.0
  /// Power of the building / power of its computers.
  package static let assumedPowerUsage = 1.2

  /// A GPU that computes.
  package var computing: Double
  /// A GPU that waits for others, an exchange, a save or a failure to be noticed.
  package var stalled = assumedStalledPower
  /// A GPU without work.
  package var idle = assumedIdlePower
  /// A node without its GPUs.
  package var node = assumedNodePower
  /// Switches and storage together.
  package var others = 0.0
  /// Power of the building / power of its computers.
  package var usage = assumedPowerUsage

  package init(computing: Double) { self.computing = computing }

  /// Watts of a GPU in a category of time.
  ///
  /// - Parameter waiting: share of a step in which a GPU waits.
  func watts(_ category: RunCategory, waiting: Double) -> Double {
    switch category {
    case .queue: 0
    case .productive, .warmUp, .lostWork, .evaluation:
      computing * (1 - waiting) + stalled * waiting
    case .save, .verification, .detection, .dataStall: stalled
    case .startup, .rescheduling, .waiting, .load, .communicators, .maintenance: idle
    }
  }

  /// Joules of the GPUs of a run, without those of spare nodes.
  ///
  /// - Parameters:
  ///   - run: the run, with its seconds by phase and category.
  ///   - waiting: share of a step in which a GPU waits, by phase.
  ///   - gpus: GPUs of the job.
  package func gpuJoules(_ run: RunOutcome, waiting: [Double], gpus: Double) -> Double {
    run.times.enumerated().reduce(0) { sum, phase in
      RunCategory.allCases.reduce(sum) { sum, category in
        sum + phase.element[category.place] * watts(category, waiting: waiting[phase.offset])
          * gpus
      }
    }
  }

  /// Joules of nodes without their GPUs, and of switches and storage.
  package func otherJoules(_ run: RunOutcome, nodes: Double) -> Double {
    run.grantedSeconds * (node * nodes + others)
  }

  /// Joules of a run with its building.
  func joules(
    _ run: RunOutcome, waiting: [Double], gpus: Double, nodes: Double, spareNodes: Double
  ) -> Double {
    let spares = run.grantedSeconds * idle * gpus / max(1, nodes) * spareNodes
    return usage
      * (gpuJoules(run, waiting: waiting, gpus: gpus) + spares
        + otherJoules(run, nodes: nodes + spareNodes))
  }
}
