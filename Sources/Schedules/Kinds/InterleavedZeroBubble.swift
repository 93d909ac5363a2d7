// Interleaved zero bubble: interleaved chunks, backwards split as in ZB-H1. With one chunk it
// would be ZB-H1.

extension ScheduleKind {
  /// Interleaved zero bubble.
  static let interleavedZeroBubble = ScheduleKind(
    name: "interleaved_zb", aliases: ["interleaved-zero-bubble"], title: "Interleaved ZB",
    paper: "arXiv:2401.10241; order as PyTorch's ScheduleInterleavedZeroBubble",
    constraints: "At least 2 chunks on each rank; microbatches divide into max(1, M/P) rounds.",
    memory: "A rank holds at most (v-1)R+P chunks of 1/v stage, R microbatches a round.",
    shape: .interleaved,
    legalChunks: 2...4096,
    refusal: { sizes in
      let (ranks, microbatches) = (sizes.ranks, sizes.microbatches)
      guard microbatches % max(1, microbatches / ranks) != 0 else { return nil }
      let rounds = microbatches / ranks
      return .init(
        field: "microbatches", value: microbatches,
        rule: "Interleaved ZB with pp=\(ranks) needs a multiple of its \(rounds) rounds",
        nearestLegal: nearestRoundMultiple(to: microbatches, ranks: ranks))
    },
    order: { sizes, _ in
      let chunks = sizes.chunks ?? ScheduleSizes.defaultChunks
      return (0..<sizes.ranks).map { interleavedZeroBubbleRank($0, sizes, chunks: chunks) }
    })

  private static func nearestRoundMultiple(to microbatches: Int, ranks: Int) -> Int? {
    for distance in 0...ranks {
      for value in [microbatches + distance, microbatches - distance] where value >= 1 {
        if value % max(1, value / ranks) == 0 { return value }
      }
    }
    return nil
  }

  private static func interleavedZeroBubbleRank(
    _ rank: Int, _ sizes: ScheduleSizes, chunks: Int
  ) -> [Cell] {
    let passes = sizes.microbatches * chunks
    let round = sizes.microbatches / max(1, sizes.microbatches / sizes.ranks)
    let warmUp = min((chunks - 1) * round + sizes.ranks - 1 - rank, passes)
    var order = RankOrder(rank: rank, ranks: sizes.ranks, chunks: chunks)
    func chunk(_ step: Int) -> Int { step / round % chunks }
    for step in 0..<warmUp { order.forward(chunk(step)) }
    for step in 0..<passes {
      if warmUp + step < passes { order.forward(chunk(warmUp + step)) }
      order.backwardInput(chunks - 1 - chunk(step))
      if step >= rank { order.oldestWeight() }
    }
    while order.hasPendingWeights { order.oldestWeight() }
    return order.cells
  }
}
