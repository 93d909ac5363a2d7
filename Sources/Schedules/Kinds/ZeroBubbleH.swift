// The two hand-made zero-bubble schedules: weight gradients fill the waits, in H1 within the memory
// of 1F1B.

extension ScheduleKind {
  /// ZB-H1.
  static let zeroBubbleH1 = ScheduleKind(
    name: "zb_h1", aliases: ["zb1p", "zbh1"], title: "ZB-H1",
    paper: "Zero Bubble Pipeline Parallelism, arXiv:2401.10241; order as the authors' script",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds at most P chunks if W frees them, rank r P - r if B does.",
    shape: .linear,
    closedFormText: "(P-1)(F+B-W)",
    closedFormBubble: { d, sizes in
      Double(sizes.ranks - 1) * (d.forward + d.backwardInput - d.backwardWeight)
    },
    order: { sizes, _ in handMadeZeroBubble(sizes, factor: 1) })

  /// ZB-H2.
  static let zeroBubbleH2 = ScheduleKind(
    name: "zb_h2", aliases: ["zbh2"], title: "ZB-H2",
    paper: "Zero Bubble Pipeline Parallelism, arXiv:2401.10241; order as the authors' script",
    constraints: "At least 2P - 1 microbatches (the authors' own code asks for 2P).",
    memory: "Each rank holds at most 2P - 1 chunks, about twice 1F1B's most.",
    shape: .linear,
    closedFormText: "(P-1)(F+B-2W), of the span (no wait for the first forward); not below 0",
    closedFormBubble: { d, sizes in
      max(0, Double(sizes.ranks - 1) * (d.forward + d.backwardInput - 2 * d.backwardWeight))
    },
    refusal: { sizes in
      let least = 2 * sizes.ranks - 1
      guard sizes.microbatches < least else { return nil }
      return .init(
        field: "microbatches", value: sizes.microbatches, rule: "ZB-H2 needs >= 2*pp-1=\(least)",
        nearestLegal: least)
    },
    order: { sizes, _ in handMadeZeroBubble(sizes, factor: 2) })

  /// The order of ZB-H1 (factor 1) and ZB-H2 (factor 2).
  static func handMadeZeroBubble(_ sizes: ScheduleSizes, factor: Int) -> [[Cell]] {
    (0..<sizes.ranks).map { rank in
      var order = RankOrder(stage: rank)
      for _ in 0..<min(factor * (sizes.ranks - 1 - rank), sizes.microbatches) { order.forward() }
      for microbatch in 0..<sizes.microbatches {
        if order.forwards[0] < sizes.microbatches { order.forward() }
        order.backwardInput()
        if microbatch >= factor * rank { order.oldestWeight() }
      }
      while order.hasPendingWeights { order.oldestWeight() }
      return order.cells
    }
  }
}
