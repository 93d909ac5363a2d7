// GPipe: all forwards, then all backwards.

extension ScheduleKind {
  /// GPipe.
  static let gPipe = ScheduleKind(
    name: "gpipe", title: "GPipe",
    paper: "GPipe, arXiv:1811.06965; own rule, backwards in the order of the forwards",
    constraints: "Any number of ranks and microbatches.",
    memory: "Each rank holds M chunks.",
    shape: .linear,
    closedFormText: "(P-1)(F+B+W)",
    closedFormBubble: { d, sizes in Double(sizes.ranks - 1) * (d.forward + d.backward) },
    order: { sizes, _ in
      (0..<sizes.ranks).map { rank in
        var order = RankOrder(stage: rank)
        for _ in 0..<sizes.microbatches { order.forward() }
        for _ in 0..<sizes.microbatches { order.backward() }
        return order.cells
      }
    })
}
