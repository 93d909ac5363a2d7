// 1F1B-V, V-Half and V-Min: a V whose repeated pattern decides how much each rank holds. The
// patterns' slots are the authors'; the moves into empty slots are our own (see SlotGrid). With
// them 1F1B-V meets the authors' orders to the letter; V-Half and V-Min differ in warm-up and
// cool-down and are no longer than theirs in the same memory (tests over all golden rows).

extension ScheduleKind {
  /// 1F1B-V.
  static let oneForwardOneBackwardV = ScheduleKind(
    name: "v_1f1b", aliases: ["1f1b-v"], title: "1F1B-V",
    paper: "Pipeline Parallelism with Controllable Memory, arXiv:2405.15362; order as theirs",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most 4P/3 + 2 half chunks, about two thirds of 1F1B's most.",
    shape: .vShape,
    order: { sizes, _ in
      var grid = SlotGrid(
        patterns: unsplitPatterns(ranks: sizes.ranks), microbatches: sizes.microbatches)
      grid.pullEarlier()
      grid.settleCoolDown()
      return grid.cells
    })

  /// V-Half.
  static let vHalf = ScheduleKind(
    name: "v_half", aliases: ["vhalf"], title: "V-Half",
    paper: "arXiv:2405.15362; the authors' pattern, warm-up and cool-down our own",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most P + 2 half chunks, about half of 1F1B's most.",
    shape: .vShape,
    order: { sizes, _ in
      let ranks = sizes.ranks
      let slack = ranks % 2 == 0 ? 3 : 0
      let patterns = (0..<ranks).map { rank in
        splitPattern(
          forward: [2 * rank, 3 * ranks - rank - 2],
          backward: [6 * ranks + slack - rank - 2, 3 * ranks + slack + 2 * rank - 1])
      }
      var grid = SlotGrid(patterns: patterns, microbatches: sizes.microbatches)
      grid.pullEarlier(forwardsOnly: true)
      grid.pullEarlier()
      grid.settleCoolDown()
      return grid.cells
    })

  /// V-Min.
  static let vMin = ScheduleKind(
    name: "v_min", aliases: ["vmin"], title: "V-Min",
    paper: "arXiv:2405.15362; the authors' pattern, warm-up and cool-down our own",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most 2P/3 + 3 half chunks, about a third of 1F1B's most.",
    shape: .vShape,
    order: { sizes, _ in
      let ranks = sizes.ranks
      let slack = ranks % 3 == 0 ? 2 : 0
      let patterns = (0..<ranks).map { rank in
        splitPattern(
          forward: [rank, 2 * ranks - 1 - rank],
          backward: [4 * ranks + slack - rank - 1, 2 * ranks + slack + rank])
      }
      var grid = SlotGrid(patterns: patterns, microbatches: sizes.microbatches)
      grid.pullEarlier()
      grid.settleCoolDown()
      return grid.cells
    })

  /// A pattern with each W in the first slot of the period that nothing uses after its B; the
  /// chunk whose slot is nearer chooses first, chunk 1 on a tie.
  private static func splitPattern(forward: [Int], backward: [Int]) -> SlotGrid.Pattern {
    let period = SlotGrid.period
    let used = (forward + backward).map { $0 % period }
    var choices: [(wait: Int, chunk: Int)] = []
    for wait in 1...period {
      for chunk in [1, 0] where !used.contains((backward[chunk] + wait) % period) {
        choices.append((wait, chunk))
      }
    }
    var weight = [-1, -1]
    for (wait, chunk) in choices where weight[chunk] < 0 {
      let slot = backward[chunk] + wait
      let other = weight[1 - chunk]
      if other < 0 || other % period != slot % period { weight[chunk] = slot }
    }
    return .init(forward: forward, backward: backward, weight: weight)
  }

  /// The patterns with full backwards of two slots: F goes down and up slot by slot, and leaves two
  /// pairs of slots on each rank; the backward takes on its way down the pair it meets first, on
  /// its way up the other.
  private static func unsplitPatterns(ranks: Int) -> [SlotGrid.Pattern] {
    let period = SlotGrid.period
    func next(_ residue: Int, from slot: Int) -> Int {
      slot + (residue % period + period - slot % period) % period
    }
    var patterns: [SlotGrid.Pattern] = []
    var otherPairs: [Int] = []
    var slot = 2 * ranks
    for rank in 0..<ranks {
      let forward = [rank, 2 * ranks - 1 - rank]
      let pairs: [Int] =
        switch (forward[1] - rank) % period {
        case 1: [rank + 2, rank + 4]
        case 3: [rank + 1, rank + 4]
        default: [rank + 1, rank + 3]
        }
      let (first, second) = (next(pairs[0], from: slot), next(pairs[1], from: slot))
      slot = min(first, second)
      otherPairs.append(first < second ? pairs[1] : pairs[0])
      patterns.append(.init(forward: forward, backward: [0, slot], weight: nil))
      slot += 2
    }
    for rank in (0..<ranks).reversed() {
      slot = next(otherPairs[rank], from: slot)
      patterns[rank].backward[0] = slot
      slot += 2
    }
    return patterns
  }
}
