// DualPipeV: DualPipe cut in half. A V on P ranks follows the schedule of DualPipe on 2P ranks,
// with one copy of the weights and stages of half the size.

extension ScheduleKind {
  /// DualPipeV.
  static let dualPipeV = ScheduleKind(
    name: "dualpipev", aliases: ["dualpipe-v"], title: "DualPipeV",
    paper: "Cut-in-half DualPipe (Sea AI Lab), order as deepseek-ai/DualPipe's DualPipeV step()",
    constraints: "Any number of ranks, and at least 2P microbatches.",
    memory: "Each rank holds at most 2P + 1 half chunks.",
    shape: .vShape,
    closedFormText: "(P-1)(FB+B-2W) in durations of the half chunks; exact for F = B or P = 1",
    closedFormBubble: { d, sizes in
      Double(sizes.ranks - 1) * (d.overlappedOrSum + d.backward - 3 * d.backwardWeight)
    },
    refusal: { sizes in
      guard sizes.microbatches < 2 * sizes.ranks else { return nil }
      return .init(
        field: "microbatches", value: sizes.microbatches,
        rule: "DualPipeV needs >= 2*pp=\(2 * sizes.ranks)", nearestLegal: 2 * sizes.ranks)
    },
    order: { sizes, _ in
      (0..<sizes.ranks).map { rank in
        dualPipeRank(
          distance: rank, halfLength: sizes.ranks, microbatches: sizes.microbatches,
          chunks: [(rank, 0), (2 * sizes.ranks - 1 - rank, 0)])
      }
    })
}
