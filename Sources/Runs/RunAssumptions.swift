// What a run assumes, as sentences.

import Recording
import Units

/// The assumptions of a run.
struct RunAssumptions {
  private let spec: TrainingRunSpec

  init(_ spec: TrainingRunSpec) { self.spec = spec }

  var sentences: [String] {
    [
      "months are composed of steps that are simulated once for each phase and batch; learning"
        + " rates and other changes without effect on time are left out",
      counts, failures, checkpoints, power,
    ].compactMap(\.self)
  }

  private var counts: String? {
    spec.failures.contains { $0.countedEvents != nil }
      ? CountedRates.head + " each replication draws one, gamma distributed with the count as shape"
      : nil
  }

  private var failures: String? {
    guard !spec.failures.isEmpty else { return nil }
    let restart = spec.restart
    let parts = [
      (restart.detection, "detection", "assumedFailureDetection"),
      (restart.decision, "decision", "assumedDecisionTime"),
      (restart.exchange, "exchange of a node", "assumedNodeExchange"),
      (restart.container, "containers", "assumedContainerStart"),
      (restart.warmUp, "warm-up", "assumedStepWarmUp"),
    ]
    let usual = [
      TrainingRunSpec.assumedFailureDetection, TrainingRunSpec.assumedDecisionTime,
      TrainingRunSpec.assumedNodeExchange, TrainingRunSpec.assumedContainerStart,
      TrainingRunSpec.assumedStepWarmUp,
    ]
    let named = zip(parts, usual).filter { $0.0.0 == $0.1 }.map { part, seconds in
      "\(part.1) \(durationText(seconds: seconds)) (\(part.2))"
    }
    return named.isEmpty ? nil : "restarts: " + named.joined(separator: ", ")
  }

  private var checkpoints: String? {
    guard let checkpoints = spec.checkpoints else { return nil }
    let storage =
      checkpoints.storage == CheckpointSpec.assumedStorageBandwidth
      ? "assumedStorageBandwidth: " : ""
    return "\(storage)storage takes \(significantText(checkpoints.storage / 1e9)) GB/s from all"
      + " nodes, each over a link of \(significantText(checkpoints.nodeLink / 1e9)) GB/s; saves do"
      + " not slow training beside them"
  }

  private var power: String {
    "power: a GPU draws \(significantText(spec.power.computing)) W while it computes,"
      + " \(significantText(spec.power.stalled)) W while it waits and"
      + " \(significantText(spec.power.idle)) W idle, a node without its GPUs"
      + " \(significantText(spec.power.node)) W; the building takes"
      + " \(significantText(spec.power.usage)) times as much"
  }
}
