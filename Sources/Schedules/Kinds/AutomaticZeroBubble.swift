// Zero-bubble orders made for given durations, within an activation limit: the shortest among the
// results of the authors' greedy search (see Greedy/) and hand-made orders with weight gradients
// placed by durations. They are never longer than the authors' result in the same memory.

extension ScheduleKind {
  /// ZB-1p by durations.
  static let zeroBubble1Automatic = ScheduleKind(
    name: "zb1p_auto", aliases: ["zb-1p"], title: "ZB-1p (automatic)",
    paper:
      "after arXiv:2401.10241; the shortest of its greedy search and ZB-H1's or H2's order, W"
      + " placed by durations",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most P chunks.",
    shape: .linear, ordersByDuration: true,
    order: { sizes, durations in
      automaticZeroBubble(sizes, durations, chunkLimit: sizes.ranks)
    })

  /// ZB-2p by durations.
  static let zeroBubble2Automatic = ScheduleKind(
    name: "zb2p_auto", aliases: ["zb-2p"], title: "ZB-2p (automatic)",
    paper:
      "after arXiv:2401.10241; the shortest of its greedy search and ZB-H1's or H2's order, W"
      + " placed by durations",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most 2P chunks.",
    shape: .linear, ordersByDuration: true,
    order: { sizes, durations in
      automaticZeroBubble(sizes, durations, chunkLimit: 2 * sizes.ranks)
    })

  /// ZB-V by durations.
  static let zeroBubbleVAutomatic = ScheduleKind(
    name: "zbv_auto", title: "ZB-V (automatic)",
    paper:
      "after arXiv:2405.15362; the shortest of its greedy search and ZB-V's order, W placed by"
      + " durations",
    constraints: "Any number of ranks and microbatches; exactly 2 chunks.",
    memory: "Each rank holds at most 2P half chunks.",
    shape: .vShape, ordersByDuration: true,
    order: { sizes, durations in
      shortest(
        from: [handMadeZeroBubbleV(sizes)], or: GreedyV.orders(sizes, durations), sizes: sizes,
        shape: .vShape, durations: durations, chunkLimit: 2 * sizes.ranks)
    })

  private static func automaticZeroBubble(
    _ sizes: ScheduleSizes, _ durations: StageDurations, chunkLimit: Int
  ) -> [[Cell]] {
    shortest(
      from: [handMadeZeroBubble(sizes, factor: 1), handMadeZeroBubble(sizes, factor: 2)],
      or: GreedyLinear.orders(sizes, durations, chunkLimit: chunkLimit), sizes: sizes,
      shape: .linear, durations: durations, chunkLimit: chunkLimit)
  }

  /// The shortest of the given orders and of the hand-made ones with weight gradients placed again.
  private static func shortest(
    from handMade: [[[Cell]]], or others: [[[Cell]]], sizes: ScheduleSizes, shape: PathShape,
    durations: StageDurations, chunkLimit: Int
  ) -> [[Cell]] {
    let refilled = handMade.flatMap { order in
      WeightFilling.refilled(
        order, sizes: sizes, shape: shape, durations: durations, chunkLimit: chunkLimit)
    }
    return ShortestOrder.chosen(
      of: handMade + refilled + others, sizes: sizes, shape: shape, durations: durations,
      chunkLimit: chunkLimit)
  }
}
