// Placement of weight gradients in idle time. The order of forwards and input gradients is given.
// A rank does a pending weight gradient when its next cell cannot start soon, or when it must free
// a chunk before it takes another. The wait during which a rank stays idle instead ("patience") is
// tried in steps.

/// Places weight gradients by durations.
struct WeightFilling {
  private let plan: Plan
  private let durations: StageDurations
  private let chunkLimit: Int
  private let patience: Double
  private let stages: Int
  private let fixed: [[Cell]]
  private var ranks: [RankState]
  private var forwardEnds: [Double?]
  private var backwardEnds: [Double?]

  private struct RankState {
    var next = 0
    var free = 0.0
    var held = 0
    var pending: [Work] = []
    var nextPending = 0
    var cells: [Cell] = []
  }

  /// Values of patience, in durations of a weight gradient.
  static let patienceSteps = [0, 0.25, 0.5, 0.75, 1]

  private init(_ plan: Plan, _ durations: StageDurations, chunkLimit: Int, patience: Double) {
    self.plan = plan
    self.durations = durations
    self.chunkLimit = chunkLimit
    self.patience = patience
    stages = plan.stagesPerPath
    fixed = plan.cells.map { cells in
      cells.filter { if case .backwardWeight = $0 { false } else { true } }
    }
    ranks = plan.cells.map { _ in RankState() }
    forwardEnds = Array(repeating: nil, count: plan.sizes.microbatches * stages)
    backwardEnds = forwardEnds
  }

  /// The given order with weight gradients placed again, once for each patience, with at most
  /// `chunkLimit` chunks on each rank. The limit alone may delay forwards of an order that would
  /// hold more.
  ///
  /// Precondition: every backward is split.
  ///
  /// Complexity: O(cells x ranks): one comparison per cell and rank, all else O(cells).
  static func refilled(
    _ order: [[Cell]], sizes: ScheduleSizes, shape: PathShape, durations: StageDurations,
    chunkLimit: Int
  ) -> [[[Cell]]] {
    let plan = Plan(
      scheduleName: "candidate", sizes: sizes, placement: Placement(shape, sizes), cells: order)
    return patienceSteps.compactMap { patience in
      var filling = WeightFilling(plan, durations, chunkLimit: chunkLimit, patience: patience)
      return filling.run()
    }
  }

  /// The new order; nil if the limit stops every rank.
  private mutating func run() -> [[Cell]]? {
    let count = plan.cells.reduce(0) { $0 + $1.count }
    var choices = ranks.indices.map { choice(of: $0) }
    for _ in 0..<count {
      var earliest: (start: Double, rank: Int, cell: Cell)?
      for (rank, chosen) in choices.enumerated() {
        if let (start, cell) = chosen, start < earliest?.start ?? .infinity {
          earliest = (start, rank, cell)
        }
      }
      guard let (start, rank, cell) = earliest else { return nil }
      perform(cell, on: rank, at: start)
      // Only the choices of this rank and of the receiver of its output may change now.
      choices[rank] = choice(of: rank)
      guard let work = cell.forwardWork ?? cell.backwardInputWork else { continue }
      let next = cell.forwardWork == nil ? work.stage - 1 : work.stage + 1
      guard 0..<stages ~= next else { continue }
      let other = plan.placement.rank(ofStage: next, microbatch: work.microbatch)
      choices[other] = choice(of: other)
    }
    return ranks.map(\.cells)
  }

  /// The next cell of a rank and its start; nil if no cell can start yet.
  private func choice(of rank: Int) -> (start: Double, cell: Cell)? {
    let state = ranks[rank]
    var chosen: (start: Double, cell: Cell)?
    if state.next < fixed[rank].count {
      let cell = fixed[rank][state.next]
      let isFull = cell.forwardWork != nil && state.held >= chunkLimit
      if !isFull, let arrival = arrival(of: cell) { chosen = (max(state.free, arrival), cell) }
    }
    if state.nextPending < state.pending.count {
      let cell = Cell.backwardWeight(state.pending[state.nextPending])
      let worthwhile = state.free + patience * durations.duration(of: cell)
      if (chosen?.start ?? .infinity) > worthwhile { chosen = (state.free, cell) }
    }
    return chosen
  }

  /// Arrival of the last input of a forward or input gradient; nil until all are computed.
  private func arrival(of cell: Cell) -> Double? {
    func from(_ end: Double?, _ other: Int, _ work: Work) -> Double? {
      let here = plan.placement.rank(ofStage: work.stage, microbatch: work.microbatch)
      let there = plan.placement.rank(ofStage: other, microbatch: work.microbatch)
      return end.map { here == there ? $0 : $0 + durations.transfer }
    }
    if let work = cell.forwardWork {
      let index = work.microbatch * stages + work.stage
      return work.stage == 0 ? 0 : from(forwardEnds[index - 1], work.stage - 1, work)
    }
    guard let work = cell.backwardInputWork else { return nil }
    let index = work.microbatch * stages + work.stage
    guard let own = forwardEnds[index] else { return nil }
    if work.stage == stages - 1 { return own }
    return from(backwardEnds[index + 1], work.stage + 1, work).map { max(own, $0) }
  }

  private mutating func perform(_ cell: Cell, on rank: Int, at start: Double) {
    let end = start + durations.duration(of: cell)
    ranks[rank].free = end
    ranks[rank].cells.append(cell)
    if let work = cell.forwardWork {
      forwardEnds[work.microbatch * stages + work.stage] = end
      ranks[rank].held += 1
      ranks[rank].next += 1
    } else if let work = cell.backwardInputWork {
      backwardEnds[work.microbatch * stages + work.stage] = end
      ranks[rank].pending.append(work)
      ranks[rank].next += 1
    } else {
      ranks[rank].held -= 1
      ranks[rank].nextPending += 1
    }
  }
}
