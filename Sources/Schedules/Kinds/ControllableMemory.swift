// 1F1B-V, V-Half and V-Min: V schedules whose repeated pattern determines the activations held by
// each rank. The slots of the patterns are the authors'. 1F1B-V reproduces their orders exactly.
// V-Half and V-Min construct the authors' order (see SlotGrid+Published), which ignores durations,
// and an order with our own moves; ours is used if it ends earlier with the given durations and
// holds no more.

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
    paper: "arXiv:2405.15362; the shortest of the authors' order and moves of our own",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most P + 2 half chunks, about half of 1F1B's most.",
    shape: .vShape, ordersByDuration: true,
    order: { sizes, durations in
      var own = SlotGrid(
        patterns: vHalfSlots(ranks: sizes.ranks).map(\.nearestFirst),
        microbatches: sizes.microbatches)
      own.pullEarlier(.forwards)
      own.pullEarlier()
      own.settleCoolDown()
      return ShortestOrder.chosen(
        of: authorsVHalf(sizes) + [own.cells], sizes: sizes, shape: .vShape, durations: durations)
    })

  /// V-Min.
  static let vMin = ScheduleKind(
    name: "v_min", aliases: ["vmin"], title: "V-Min",
    paper: "arXiv:2405.15362; the shortest of the authors' order and moves of our own",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most 2P/3 + 3 half chunks, about a third of 1F1B's most.",
    shape: .vShape, ordersByDuration: true,
    order: { sizes, durations in
      var own = SlotGrid(
        patterns: vMinSlots(ranks: sizes.ranks).map(\.nearestFirst),
        microbatches: sizes.microbatches)
      own.pullEarlier()
      own.settleCoolDown()
      return ShortestOrder.chosen(
        of: [authorsVMin(sizes), own.cells], sizes: sizes, shape: .vShape, durations: durations)
    })

  /// The authors' V-Half. With fewer than 2P microbatches, their warm-up and cool-down overlap in
  /// an unknown way; the result is then three approximations.
  static func authorsVHalf(_ sizes: ScheduleSizes) -> [[[Cell]]] {
    var filled = SlotGrid(
      patterns: vHalfSlots(ranks: sizes.ranks).map(\.chunkOneFirst),
      microbatches: sizes.microbatches)
    let patternSlots = filled.slots
    filled.fillWarmUp()
    func shortened(from stage: Int) -> [[Cell]] {
      var grid = filled
      grid.shortenCoolDown(fromLastForwardOf: stage, patternSlots: patternSlots)
      return grid.cells
    }
    if sizes.microbatches >= 2 * sizes.ranks { return [shortened(from: 0)] }
    return [shortened(from: 0), shortened(from: sizes.ranks), filled.cells]
  }

  /// The authors' V-Min.
  static func authorsVMin(_ sizes: ScheduleSizes) -> [[Cell]] {
    var grid = SlotGrid(
      patterns: vMinSlots(ranks: sizes.ranks).map(\.chunkOneFirst),
      microbatches: sizes.microbatches)
    grid.fillWarmUp()
    return grid.cells
  }

  private static func vHalfSlots(ranks: Int) -> [SplitSlots] {
    let slack = ranks % 2 == 0 ? 3 : 0
    return (0..<ranks).map { rank in
      SplitSlots(
        forward: [2 * rank, 3 * ranks - rank - 2],
        backward: [6 * ranks + slack - rank - 2, 3 * ranks + slack + 2 * rank - 1])
    }
  }

  private static func vMinSlots(ranks: Int) -> [SplitSlots] {
    let slack = ranks % 3 == 0 ? 2 : 0
    return (0..<ranks).map { rank in
      SplitSlots(
        forward: [rank, 2 * ranks - 1 - rank],
        backward: [4 * ranks + slack - rank - 1, 2 * ranks + slack + rank])
    }
  }

  /// The slots of one rank's forwards and input gradients by chunk; weight gradients take free
  /// slots of the period.
  private struct SplitSlots {
    var forward: [Int]
    var backward: [Int]

    /// The authors' choice: the W of chunk 1 takes the first free slot after its B, then the W of
    /// chunk 0 takes the first slot still free after its own B.
    var chunkOneFirst: SlotGrid.Pattern {
      let late = backward[1] + wait(after: backward[1], taken: nil)
      return .init(
        forward: forward, backward: backward,
        weight: [backward[0] + wait(after: backward[0], taken: late), late])
    }

    /// Our choice: the W whose free slot is nearer goes first, chunk 1 on a tie.
    var nearestFirst: SlotGrid.Pattern {
      let early = backward[0] + wait(after: backward[0], taken: nil)
      if wait(after: backward[1], taken: nil) <= early - backward[0] { return chunkOneFirst }
      return .init(
        forward: forward, backward: backward,
        weight: [early, backward[1] + wait(after: backward[1], taken: early)])
    }

    private func wait(after slot: Int, taken: Int?) -> Int {
      let period = SlotGrid.period
      let used = (forward + backward + (taken.map { [$0] } ?? [])).map { $0 % period }
      return (1...period).first { !used.contains((slot + $0) % period) } ?? period
    }
  }

  /// The patterns with full backwards of two slots. F goes down and up slot by slot and leaves two
  /// pairs of slots on each rank. On its way down, the backward takes the first pair that it
  /// reaches; on its way up, the other one.
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
