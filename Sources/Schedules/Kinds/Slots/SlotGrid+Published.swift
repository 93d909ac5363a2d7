// The authors' own way from pattern to order, as far as their published orders show it: it meets
// all orders of V-Min, and those of V-Half with at least 2P microbatches, to the letter. With fewer
// the two ends of V-Half overlap, and what theirs do there is not known.

extension SlotGrid {
  /// Fills the warm-up: what the pattern puts before the first input gradient of stage 0 moves into
  /// the first slots it can have, then every cell as far as its rank's cell before it allows, then
  /// the weight gradients into the slots that this left empty.
  ///
  /// Complexity: O(slots x ranks + cells x period x ranks).
  mutating func fillWarmUp() {
    pullEarlier(before: slots[works])
    closeGaps()
    pullEarlier(.weights)
  }

  /// Shortens the cool-down: what the pattern puts at or after the last forward of a stage takes
  /// the first slot that is empty or holds a weight gradient, which then takes the cell's old slot;
  /// never beyond the most chunks. `patternSlots` are the slots as laid out.
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

  /// Moves a cell to the first place that it can have, or changes places with a weight gradient.
  private mutating func advance(_ cell: Int, on rank: Int, from slot: Int) {
    let isForward = cell < works
    let isWeight = cell >= 2 * works
    // A forward that only moves is held from there on: not across a slot that is already full.
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
      // The weight gradient's chunk stays until `slot`, and a forward's own is there from `target`.
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
