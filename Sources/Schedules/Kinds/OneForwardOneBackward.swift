// 1F1B: forwards until the first backward can arrive, then one of each in turn.

extension ScheduleKind {
  /// 1F1B.
  static let oneForwardOneBackward = ScheduleKind(
    name: "1f1b", aliases: ["pipedream-flush"], title: "1F1B",
    paper: "PipeDream-Flush, arXiv:2006.09503; order as Megatron-LM's non-interleaved schedule",
    constraints: "Any number of ranks and microbatches.",
    memory: "Rank r holds at most P - r chunks.",
    shape: .linear,
    closedFormText: "(P-1)(F+B+W)",
    closedFormBubble: { d, sizes in Double(sizes.ranks - 1) * (d.forward + d.backward) },
    order: { sizes, _ in
      (0..<sizes.ranks).map { rank in
        let warmUp = min(sizes.ranks - 1 - rank, sizes.microbatches)
        var rankOrder = RankOrder(stage: rank)
        for _ in 0..<warmUp { rankOrder.forward() }
        for _ in warmUp..<sizes.microbatches {
          rankOrder.forward()
          rankOrder.backward()
        }
        for _ in 0..<warmUp { rankOrder.backward() }
        return rankOrder.cells
      }
    })
}
