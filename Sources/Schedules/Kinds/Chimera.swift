// Chimera: two directions in units of P microbatches; each half of a unit enters at one end. The
// bubble recurs in every unit.

extension ScheduleKind {
  /// Chimera.
  static let chimera = ScheduleKind(
    name: "chimera", title: "Chimera",
    paper: "Chimera, arXiv:2107.06925; order as the authors' generator for M <= 2P",
    constraints: "An even number of ranks, and microbatches a multiple of P.",
    memory: "A rank holds at most P/2 + 1 to P chunks, and the model's weights twice.",
    shape: .bidirectionalUnits,
    refusal: { sizes in
      let (ranks, microbatches) = (sizes.ranks, sizes.microbatches)
      if ranks % 2 != 0 {
        let rule = "Chimera needs an even number"
        return .init(field: "ranks", value: ranks, rule: rule, nearestLegal: ranks + 1)
      }
      guard microbatches % ranks != 0 else { return nil }
      return .init(
        field: "microbatches", value: microbatches,
        rule: "Chimera needs a multiple of pp=\(ranks)",
        nearestLegal: ScheduleRefusal.nearestMultiple(
          of: ranks, to: microbatches, atLeast: ranks))
    },
    order: { sizes, _ in (0..<sizes.ranks).map { chimeraRank($0, sizes) } })

  /// The cells of a rank, sorted by slot. Every forward and full backward counts as one slot. No
  /// two cells of a rank share a slot, because directions and passes differ in parity or are P/2
  /// entries apart.
  private static func chimeraRank(_ rank: Int, _ sizes: ScheduleSizes) -> [Cell] {
    let ranks = sizes.ranks
    var slots: [(slot: Int, cell: Cell)] = []
    for microbatch in 0..<sizes.microbatches {
      let (unit, place) = microbatch.quotientAndRemainder(dividingBy: ranks)
      let stage = place < ranks / 2 ? rank : ranks - 1 - rank
      let entry = 2 * ranks * unit + 2 * (place % (ranks / 2))
      let work = Work(microbatch: microbatch, stage: stage)
      slots.append((entry + stage, .forward(work)))
      slots.append((entry + 2 * ranks - 1 - stage, .backward(work)))
    }
    return slots.sorted { $0.slot < $1.slot }.map(\.cell)
  }
}
