// What the ranks of a plan hold, in stages and microbatches. It does not depend on the layers of
// the stages, so all partitions that are tried for a plan share it.

import Schedules

/// The stages of a rank, and the microbatches whose activations it holds.
struct HeldWork {
  /// The stages that it computes, in the order of their first forwards.
  let stages: [Int]
  /// Microbatches that it holds of each of its stages just before it frees some after a forward;
  /// equal ones once. Every forward has its backward, so the peak is among them.
  let counts: [[Int]]

  /// - Parameters:
  ///   - cells: the cells of the rank in order.
  ///   - stageCount: stages of a path.
  init(_ cells: [Cell], stageCount: Int) {
    var held = [Int](repeating: 0, count: stageCount)
    var isKnown = [Bool](repeating: false, count: stageCount)
    var stages: [Int] = []
    for case let work? in cells.lazy.map(\.forwardWork) where !isKnown[work.stage] {
      isKnown[work.stage] = true
      stages.append(work.stage)
    }
    var found: Set<[Int]> = []
    var grows = false
    for cell in cells {
      if let work = cell.forwardWork {
        held[work.stage] += 1
        grows = true
      }
      guard let work = cell.backwardWeightWork else { continue }
      if grows { found.insert(stages.map { held[$0] }) }
      held[work.stage] -= 1
      grows = false
    }
    self.stages = stages
    counts = found.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

extension Plan {
  /// What each rank holds.
  var heldWork: [HeldWork] {
    cells.map { HeldWork($0, stageCount: stagesPerPath) }
  }
}
