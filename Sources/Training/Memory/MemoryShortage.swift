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
  /// Changes that would make the step fit, each as the setting that a scenario takes; nil where
  /// none were tried.
  public var wouldFit: [String]?

  /// One paragraph: who, how much of what, and what would fit.
  public var description: String {
    let parts = uses.filter { $0.bytes.value > 0 }.map {
      "\($0.kind.rawValue) \(memoryText(bytes: $0.bytes.value))"
    }
    let need = memoryText(bytes: needed.value, of: capacity.value)
    let remedy = wouldFit.map { changes in
      changes.isEmpty
        ? "\n  none of the other schedules, pipelines or recomputation choices tried would fit"
        : "\n  would fit: " + changes.joined(separator: "; ")
    }
    return
      "rank \(rank) needs \(need)\n"
      + "  it holds: \(parts.joined(separator: ", "))\(remedy ?? "")"
  }
}
