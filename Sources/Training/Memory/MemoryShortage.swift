// The named error of a step that does not fit in memory: invariant 11 met before it can break.

import Recording
import Units

/// A step needs more memory than its GPUs have.
public struct MemoryShortage: Error, Hashable, Sendable, CustomStringConvertible {
  /// The rank that needs most.
  public var rank: Int
  /// What it needs at its peak.
  public var needed: Bytes
  /// What its GPU has.
  public var capacity: Bytes
  /// The need by kind.
  public var uses: [MemoryUse]
  /// Changes that may make the step fit.
  public var candidates: [RemedyCandidate]
  /// Those that were tried and do, each with all settings that it takes; nil where none were tried.
  public var wouldFit: [[Setting]]?

  /// The shortage of the rank that needs most in a step.
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

  /// One paragraph: which rank, how much of what, and what would fit.
  public var description: String {
    let parts = uses.filter { $0.bytes.value > 0 }.map {
      "\($0.kind.rawValue) \(memoryText(bytes: $0.bytes.value))"
    }
    let need = memoryText(bytes: needed.value, of: capacity.value)
    let remedy = wouldFit.map { changes in
      let options = changes.map { $0.map(\.option).joined(separator: " ") }
      return changes.isEmpty
        ? "\n  none of the schedules, layouts and recomputation choices tried would fit, on up to"
          + " 64 times the nodes"
        : "\n  would fit: " + options.joined(separator: "\n         or: ")
    }
    return
      "rank \(rank) needs \(need)\n"
      + "  it holds: \(parts.joined(separator: ", "))\(remedy ?? "")"
  }
}
