// ZB-V: two half chunks per rank on a V, so that the loss is on rank 0 and memory is balanced.

extension ScheduleKind {
  /// ZB-V.
  static let zeroBubbleV = ScheduleKind(
    name: "zb_v", aliases: ["zbv"], title: "ZB-V",
    paper:
      "arXiv:2401.10241; order as sail-sg zero-bubble v0.1.0 and PyTorch's ScheduleZBVZeroBubble",
    constraints: "Any number of ranks and microbatches; exactly 2 chunks.",
    memory: "Each rank holds at most 2P half chunks, 1F1B's most.",
    shape: .vShape,
    order: { sizes, _ in handMadeZeroBubbleV(sizes) })

  /// The order of ZB-V.
  static func handMadeZeroBubbleV(_ sizes: ScheduleSizes) -> [[Cell]] {
    (0..<sizes.ranks).map { rank in
      zeroBubbleVRank(rank, sizes).filter { cell in
        let work = cell.forwardWork ?? cell.backwardInputWork ?? cell.backwardWeightWork
        return (work?.microbatch ?? 0) < sizes.microbatches
      }
    }
  }

  /// The order for at least 2P - 1 microbatches; with fewer, the caller drops the excess.
  private static func zeroBubbleVRank(_ rank: Int, _ sizes: ScheduleSizes) -> [Cell] {
    let ranks = sizes.ranks
    let count = max(sizes.microbatches, 2 * ranks - 1)
    var order = RankOrder(chunks: [(rank, 0), (2 * ranks - 1 - rank, 0)])
    func both(_ chunk: Int) {
      order.backwardInput(chunk)
      order.weight(chunk)
    }
    for _ in 0..<(2 * (ranks - rank) - 1) { order.forward(0) }
    for _ in 0..<rank {
      order.forward(1)
      order.forward(0)
    }
    for _ in 0..<(ranks - rank) {
      order.forward(1)
      both(1)
    }
    while order.forwards[1] < count {
      if order.forwards[0] < count { order.forward(0) }
      both(0)
      order.forward(1)
      both(1)
    }
    for _ in 0..<rank {
      order.backwardInput(0)
      order.backwardInput(1)
    }
    for _ in 0..<(ranks - rank) { both(0) }
    while order.weights[1] < count { order.weight(1) }
    while order.weights[0] < count { order.weight(0) }
    return order.cells
  }
}
