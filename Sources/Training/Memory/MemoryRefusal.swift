// The error for a step that does not fit in memory: it prevents a violation of invariant 11.

import Recording
import Text
import Units

/// A step needs more memory than its GPUs have.
package struct MemoryRefusal: ExplainedError, Hashable {
  /// The layout that does not fit.
  package var layout: String
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
    layout = step.spec.layoutText
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
        "out of memory with \(layout): rank \(rank) needs \(need)",
        advice: ["it holds: \(parts.joined(separator: ", "))"] + remedies)
    ]
  }

  private var remedies: [String] {
    guard let wouldFit else { return [] }
    guard !wouldFit.isEmpty else {
      return [
        "none of the schedules, layouts, shardings and recomputation choices tried would fit, on up"
          + " to 64 times the nodes"
      ]
    }
    return wouldFit.enumerated().map { index, settings in
      (index == 0 ? "would fit: " : "       or: ")
        + settings.map(\.option).joined(separator: " ")
    }
  }
}

extension TrainingSpec {
  /// The layout in words, for messages: dimensions above 1, the schedule, and what is sharded.
  var layoutText: String {
    let dimensions = [
      ("tensor", layout.tensor), ("context", layout.context), ("expert", layout.expert),
    ].filter { $0.1 > 1 }.map { ", \($0.0) \($0.1)" }.joined()
    let states =
      switch sharding.states {
      case .none: "nothing sharded"
      case .optimizer: "optimizer sharded"
      case .gradients: "optimizer and gradients sharded"
      case .parameters: "parameters sharded"
      }
    return "pipeline \(layout.pipeline), data \(layout.data)\(dimensions), \(schedule), \(states)"
  }
}
