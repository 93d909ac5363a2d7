// The named error of a step that does not fit in memory: invariant 11 met before it can break.

import Recording
import Text
import Units

/// A step needs more memory than its GPUs have.
package struct MemoryRefusal: ExplainedError, Hashable {
  /// The rank that needs most.
  package var rank: Int
  /// What it needs at its peak.
  package var needed: Bytes
  /// What its GPU has.
  package var capacity: Bytes
  /// The need by kind.
  package var uses: [MemoryUse]
  /// Changes that may make the step fit.
  package var candidates: [RemedyCandidate]
  /// Those that were tried and do, each with all settings that it takes; nil if none were tried.
  package var wouldFit: [[Setting]]?

  /// The refusal for the rank that needs most in a step.
  init(of step: TrainingStep) {
    let ranks = step.memory.ranks
    var worst = 0
    for rank in ranks.indices where ranks[rank].total > ranks[worst].total { worst = rank }
    rank = worst
    needed = Bytes(ranks[worst].total)
    capacity = step.cluster.node.gpu.memory
    uses = ranks[worst].uses(rank: worst, gpus: step.spec.layout.gpusPerRank)
    candidates =
      MemoryRemedies(spec: step.spec, model: step.model, cluster: step.cluster).candidates
  }

  /// Which rank needs how much of what, and what would fit.
  package var explanations: [Explanation] {
    let parts = uses.filter { $0.bytes.value > 0 }.map {
      "\($0.kind.rawValue) \(memoryText(bytes: $0.bytes.value))"
    }
    let need = memoryText(bytes: needed.value, of: capacity.value)
    return [
      Explanation(
        "out of memory: rank \(rank) needs \(need)",
        advice: ["it holds: \(parts.joined(separator: ", "))"] + remedies)
    ]
  }

  private var remedies: [String] {
    guard let wouldFit else { return [] }
    guard !wouldFit.isEmpty else {
      return [
        "none of the schedules, layouts and recomputation choices tried would fit, on up to"
          + " 64 times the nodes"
      ]
    }
    return wouldFit.enumerated().map { index, settings in
      (index == 0 ? "would fit: " : "       or: ")
        + settings.map(\.option).joined(separator: " ")
    }
  }
}
