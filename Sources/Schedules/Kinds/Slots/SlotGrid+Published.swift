// The authors' construction of an order from a pattern, inferred from their published orders. It
// reproduces exactly all orders of V-Min, and all orders of V-Half with at least 2P microbatches.
// With fewer, warm-up and cool-down of V-Half overlap, and the authors' rule is not known.

extension SlotGrid {
  /// Fills the warm-up in three steps. First, cells that the pattern puts before the first input
  /// gradient of stage 0 move to the first possible slots. Then every cell moves as early as the
  /// previous cell of its rank allows. Finally, weight gradients move into the slots left empty.
  ///
  /// Complexity: O(slots x ranks + cells x period x ranks).
  mutating func fillWarmUp() {
    pullEarlier(before: slots[works])
    closeGaps()
    pullEarlier(.weights)
  }

  /// Shortens the cool-down. A cell that the pattern puts at or after the last forward of a stage
  /// takes the first slot that is empty or holds a weight gradient, which then takes the cell's old
  /// slot. No move exceeds the peak of the pattern. `patternSlots` are the slots as laid out.
  ///
  /// Complexity: O(slots x ranks + late cells x slots of a wait).
  mutating func shortenCoolDown(fromLastForwardOf stage: Int, patternSlots: [Int]) {
    let start = patternSlots[works - 2 * ranks + stage]
    for slot in 0..<length {
      for rank in 0..<ranks where rows[rank][slot] >= 0 {
        let cell = rows[rank][slot]
        if patternSlots[cell] >= start { advance(cell, on: rank, from: slot) }
      }
    }
    settleCoolDown(chunkOneFirst: true)
  }

  /// Moves every cell earlier without changing the order of its rank.
  private mutating func closeGaps() {
    precondition(isSplit, "cells of one slot")
    var next = Array(repeating: 0, count: ranks)
    for slot in 0..<length {
      for rank in 0..<ranks where rows[rank][slot] >= 0 {
        let cell = rows[rank][slot]
        take(cell)
        let target = min(slot, max(next[rank], earliest(cell)))
        put(cell, at: target)
        next[rank] = target + 1
      }
    }
    recount()
  }

  /// Moves a cell to the first possible slot, or swaps it with a weight gradient.
  private mutating func advance(_ cell: Int, on rank: Int, from slot: Int) {
    let isForward = cell < works
    let isWeight = cell >= 2 * works
    // A moved forward holds its chunk from its new slot on, so it cannot cross a full slot.
    var firstOpen = 0
    if isForward {
      firstOpen = (0..<slot).last { held[rank][$0] >= most }.map { $0 + 1 } ?? 0
    }
    for target in earliest(cell)..<max(earliest(cell), slot) {
      let other = rows[rank][target]
      if other == Self.empty {
        guard target >= firstOpen else { continue }
        take(cell)
        put(cell, at: target)
        if isForward { hold(1, on: rank, in: target..<slot) }
        if isWeight { hold(-1, on: rank, in: (target + 1)..<(slot + 1)) }
        return
      }
      guard other >= 2 * works, !isWeight else { continue }
      // The weight gradient's chunk is held until `slot`, and a forward's own from `target` on.
      hold(1, on: rank, in: (target + 1)..<(slot + 1))
      if isForward { hold(1, on: rank, in: target..<slot) }
      if (target...slot).allSatisfy({ held[rank][$0] <= most }) {
        take(cell)
        take(other)
        put(cell, at: target)
        put(other, at: slot)
        return
      }
      hold(-1, on: rank, in: (target + 1)..<(slot + 1))
      if isForward { hold(-1, on: rank, in: target..<slot) }
    }
  }
}
