// The error for a step that does not fit in memory: it prevents a violation of invariant 11.

import Recording
import Text
import Units

/// A step needs more memory than its GPUs have.
package struct MemoryRefusal: ExplainedError, Hashable {
  /// The rank that needs the most.
  package var rank: Int
  /// Its peak memory.
  package var needed: Bytes
  /// Memory of its GPU.
  package var capacity: Bytes
  /// Its memory by kind.
  package var uses: [MemoryUse]
  /// Changes that may make the step fit.
  package var candidates: [RemedyCandidate]
  /// The changes that were tried and fit, each with all of its settings; nil if none were tried.
  package var wouldFit: [[Setting]]?

  /// The refusal for the rank of a step that needs the most.
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

  /// Which rank needs how much memory of each kind, and what would fit.
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
