// DualPipe: microbatches in two directions, so that a forward of one overlaps a backward of the
// other. The rule follows the published step(); DualPipeV is the same rule on a V, with H = P and
// h = r.

extension ScheduleKind {
  /// DualPipe.
  static let dualPipe = ScheduleKind(
    name: "dualpipe", aliases: ["dual-pipe"], title: "DualPipe",
    paper: "DeepSeek-V3 report, arXiv:2412.19437; order as deepseek-ai/DualPipe step()",
    constraints: "An even number of ranks, and an even number of microbatches, at least 2P.",
    memory: "Each rank holds at most P + 1 chunks, and the model's weights twice.",
    shape: .bidirectional,
    closedFormText: "(P/2-1)(FB+B-2W); exact for F = B or P = 2",
    closedFormBubble: { d, sizes in
      (Double(sizes.ranks) / 2 - 1)
        * (d.overlappedOrSum + d.backward - 3 * d.backwardWeight)
    },
    refusal: { sizes in
      let (ranks, microbatches) = (sizes.ranks, sizes.microbatches)
      if ranks % 2 != 0 {
        let rule = "DualPipe needs an even number"
        return .init(field: "ranks", value: ranks, rule: rule, nearestLegal: ranks + 1)
      }
      guard microbatches % 2 != 0 || microbatches < 2 * ranks else { return nil }
      return .init(
        field: "microbatches", value: microbatches,
        rule: "DualPipe with pp=\(ranks) needs an even number >= \(2 * ranks)",
        nearestLegal: max(2 * ranks, microbatches + microbatches % 2))
    },
    order: { sizes, _ in
      let (ranks, half) = (sizes.ranks, sizes.microbatches / 2)
      return (0..<ranks).map { rank in
        let down = (stage: rank, firstMicrobatch: 0)
        let up = (stage: ranks - 1 - rank, firstMicrobatch: half)
        return dualPipeRank(
          distance: min(rank, ranks - 1 - rank), halfLength: ranks / 2, microbatches: half,
          chunks: rank < ranks / 2 ? [down, up] : [up, down])
      }
    })

  /// One rank's order in eight phases.
  ///
  /// - Parameters:
  ///   - distance: distance of the rank from the nearer entry (h).
  ///   - halfLength: stages from an entry to the middle (H).
  ///   - microbatches: microbatches through each of the two chunks (n).
  ///   - chunks: the chunk whose entry is nearer, then the other.
  static func dualPipeRank(
    distance h: Int, halfLength: Int, microbatches n: Int,
    chunks: [(stage: Int, firstMicrobatch: Int)]
  ) -> [Cell] {
    var order = RankOrder(chunks: chunks)
    let toMiddle = halfLength - 1 - h
    for _ in 0..<2 * toMiddle { order.forward(0) }
    for _ in 0...h {
      order.forward(0)
      order.forward(1)
    }
    for _ in 0..<toMiddle {
      order.backwardInput(1)
      order.oldestWeight()
      order.forward(1)
    }
    for turn in 0..<(n - 2 * halfLength + h + 1) {
      if turn == 0 && toMiddle == 0 {
        // The middle ranks have no backward to overlap with yet.
        order.forward(0)
        order.backward(1)
      } else {
        order.overlapped(forward: 0, backward: 1)
      }
      order.overlapped(forward: 1, backward: 0)
    }
    for _ in 0..<toMiddle {
      order.backward(1)
      order.overlapped(forward: 1, backward: 0)
    }
    for turn in 0..<2 * (h + 1) {
      let chunk = turn % 2 == 0 ? 1 : 0
      if turn <= h { order.backward(chunk) } else { order.backwardInput(chunk) }
    }
    for _ in 0..<toMiddle {
      order.oldestWeight()
      order.backwardInput(0)
    }
    while order.hasPendingWeights { order.oldestWeight() }
    return order.cells
  }
}
