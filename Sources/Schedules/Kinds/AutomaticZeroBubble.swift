// Zero-bubble orders made for given durations, within a limit of activations. The authors search
// greedily over forwards, backwards and weights; these keep a hand-made order of forwards and input
// gradients and search only for the places of the weight gradients. Over the golden rows that is
// never longer than the authors' result in the same memory, and shorter in some.

extension ScheduleKind {
  /// ZB-1p by durations.
  static let zeroBubble1Automatic = ScheduleKind(
    name: "zb1p_auto", aliases: ["zb-1p"], title: "ZB-1p (automatic)",
    paper:
      "after arXiv:2401.10241; own search: ZB-H1's or H2's order, W placed by durations",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most P chunks.",
    shape: .linear, ordersByDuration: true,
    order: { sizes, durations in
      WeightFilling.best(
        of: [handMadeZeroBubble(sizes, factor: 1), handMadeZeroBubble(sizes, factor: 2)],
        sizes: sizes, shape: .linear, durations: durations, chunkLimit: sizes.ranks)
    })

  /// ZB-2p by durations.
  static let zeroBubble2Automatic = ScheduleKind(
    name: "zb2p_auto", aliases: ["zb-2p"], title: "ZB-2p (automatic)",
    paper:
      "after arXiv:2401.10241; own search: ZB-H1's or H2's order, W placed by durations",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most 2P chunks.",
    shape: .linear, ordersByDuration: true,
    order: { sizes, durations in
      WeightFilling.best(
        of: [handMadeZeroBubble(sizes, factor: 1), handMadeZeroBubble(sizes, factor: 2)],
        sizes: sizes, shape: .linear, durations: durations, chunkLimit: 2 * sizes.ranks)
    })

  /// ZB-V by durations.
  static let zeroBubbleVAutomatic = ScheduleKind(
    name: "zbv_auto", title: "ZB-V (automatic)",
    paper: "after arXiv:2401.10241; own search, ZB-V's order with W placed by durations",
    constraints: "Any number of ranks and microbatches; exactly 2 chunks.",
    memory: "Each rank holds at most 2P half chunks.",
    shape: .vShape, ordersByDuration: true,
    order: { sizes, durations in
      WeightFilling.best(
        of: [handMadeZeroBubbleV(sizes)], sizes: sizes, shape: .vShape, durations: durations,
        chunkLimit: 2 * sizes.ranks)
    })
}
