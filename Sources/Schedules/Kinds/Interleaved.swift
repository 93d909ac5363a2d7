// Interleaved 1F1B: several chunks per rank, visited in turn by groups of P microbatches, so that
// the warm-up passes through smaller stages. With v chunks, the bubble has the same number of
// cells, but smaller ones.

extension ScheduleKind {
  /// Interleaved 1F1B.
  static let interleaved = ScheduleKind(
    name: "interleaved", aliases: ["interleaved-1f1b", "vpp"], title: "Interleaved 1F1B",
    paper: "Megatron-LM, arXiv:2104.04473; order as its interleaved schedule with groups of P",
    constraints: "At least 2 chunks on each rank, and microbatches a multiple of P.",
    memory: "Rank r holds at most 2(P-1-r)+(v-1)P+1 chunks of 1/v stage.",
    shape: .interleaved,
    closedFormText: "(P-1)(F+B+W) in durations of the smaller chunks",
    closedFormBubble: { d, sizes in Double(sizes.ranks - 1) * (d.forward + d.backward) },
    legalChunks: 2...4096,
    refusal: { sizes in
      let (ranks, microbatches) = (sizes.ranks, sizes.microbatches)
      guard microbatches % ranks != 0 else { return nil }
      return .init(
        field: "microbatches", value: microbatches,
        rule: "Interleaved 1F1B with pp=\(ranks): the last group has \(microbatches % ranks)"
          + " microbatches, must be 0 or >= pp",
        nearestLegal: ScheduleRefusal.nearestMultiple(
          of: ranks, to: microbatches, atLeast: ranks))
    },
    order: { sizes, _ in
      let chunks = sizes.chunks ?? ScheduleSizes.defaultChunks
      return (0..<sizes.ranks).map { rank in
        let warmUp = 2 * (sizes.ranks - 1 - rank) + (chunks - 1) * sizes.ranks
        return interleavedRank(rank, sizes, chunks: chunks, warmUp: warmUp)
      }
    })

  private static func interleavedRank(
    _ rank: Int, _ sizes: ScheduleSizes, chunks: Int, warmUp wanted: Int
  ) -> [Cell] {
    let passes = sizes.microbatches * chunks
    let warmUp = min(wanted, passes)
    var order = RankOrder(rank: rank, ranks: sizes.ranks, chunks: chunks)
    func chunk(_ step: Int) -> Int { step / sizes.ranks % chunks }
    for step in 0..<warmUp { order.forward(chunk(step)) }
    for step in warmUp..<passes {
      order.forward(chunk(step))
      order.backward(chunks - 1 - chunk(step - warmUp))
    }
    for step in (passes - warmUp)..<passes { order.backward(chunks - 1 - chunk(step)) }
    return order.cells
  }
}
