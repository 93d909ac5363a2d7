// The authors' search behind ZB-V (automatic). In each round, every rank does one input gradient
// and then one forward, of the leg whose input has arrived; weight gradients fill waits. A wait may
// stay empty if it leaves the rank's total wait no longer than the longest of any rank. The search
// is repeated with the total waits of the previous run.
//
// Source: sail-sg/zero-bubble-pipeline-parallelism, also as
// colossalai/pipeline/schedule/v_schedule.py in ColossalAI 0.5.0, which never ended earlier in 232
// cases of equal stages. On the golden rows it reproduces the authors' orders exactly or ends
// earlier: the authors keep the run with the smallest bubble on the worst rank.
//
// Legs: forwards go down the ranks (leg 0) and up (leg 1), then input gradients the same way.

/// One run of the search for a V placement.
struct GreedyV {
  private let ranks: Int
  private let microbatches: Int
  private let durations: WholeDurations
  /// Whether a weight gradient may delay a forward, and an input gradient of the first leg, rather
  /// than leave a wait that costs time. It may always delay an input gradient of the second leg.
  private let delaysForwards: Bool
  private let delaysBackwards: Bool
  /// Time that each rank may wait beyond the others, from the previous run.
  private let allowances: [Int]
  private var state: [RankState]
  /// End times of forwards and input gradients by leg, rank and microbatch; -1 until placed.
  private var forwardEnds: [Int]
  private var backwardEnds: [Int]
  private var longestWait = 0

  private struct RankState {
    var forwards = [0, 0]
    var backwards = [0, 0]
    var free = 0
    var waited = 0
    var held = 0
    var pending: [Work] = []
    var nextPending = 0
    var cells: [Cell] = []

    var hasPendingWeight: Bool { nextPending < pending.count }
    var isStarted: Bool { forwards[0] > 0 }
  }

  private init(
    _ sizes: ScheduleSizes, _ durations: WholeDurations, delaysForwards: Bool,
    delaysBackwards: Bool, waits: [Int]?
  ) {
    ranks = sizes.ranks
    microbatches = sizes.microbatches
    self.durations = durations
    self.delaysForwards = delaysForwards
    self.delaysBackwards = delaysBackwards
    let most = waits?.max() ?? 0
    allowances = waits.map { $0.map { most - $0 } } ?? Array(repeating: 0, count: sizes.ranks)
    state = (0..<sizes.ranks).map { _ in RankState() }
    for rank in state.indices {
      state[rank].pending.reserveCapacity(2 * sizes.microbatches)
      state[rank].cells.reserveCapacity(6 * sizes.microbatches)
    }
    forwardEnds = Array(repeating: -1, count: 2 * sizes.ranks * sizes.microbatches)
    backwardEnds = forwardEnds
  }

  /// The order that ends first over all runs, the first one on a tie, with at most 2P half chunks
  /// on each rank; for uneven stages, also the order of a search with their mean durations. With
  /// very uneven stages, a search can reach a state without a legal next cell and give no order.
  ///
  /// Complexity: O(cells x tries).
  static func orders(_ sizes: ScheduleSizes, _ durations: StageDurations) -> [[[Cell]]] {
    WholeDurations(durations, stages: 2 * sizes.ranks).views.compactMap { view in
      var best: GreedyOrder?
      for delaysBackwards in [true, false] {
        for delaysForwards in [true, false] {
          var waits: [Int]?
          while true {
            var search = GreedyV(
              sizes, view, delaysForwards: delaysForwards, delaysBackwards: delaysBackwards,
              waits: waits)
            guard let found = search.run() else { break }
            if found.makespan < best?.makespan ?? .max { best = found }
            let own = search.state.map(\.waited)
            if let known = waits?.max(), known <= own.max() ?? 0 { break }
            waits = own
          }
        }
      }
      return best?.cells
    }
  }

  private mutating func run() -> GreedyOrder? {
    guard warmUp(), evenOut() else { return nil }
    for _ in 0..<(2 * microbatches) {
      guard backwardRound(), forwardRound() else { return nil }
    }
    for rank in 0..<ranks {
      while state[rank].hasPendingWeight { putWeight(rank) }
    }
    return GreedyOrder(
      cells: state.map(\.cells), makespan: state.lazy.map(\.free).max() ?? 0)
  }

  /// Takes the first microbatch down and up again. While a rank's wait for it has room, that rank
  /// and all ranks before it do one more forward each.
  private mutating func warmUp() -> Bool {
    for rank in 0..<ranks where !putForward(0, rank) { return false }
    for rank in (0..<ranks).reversed() {
      if rank < ranks - 1 {
        let arrival = forwardEnds[slot(1, rank + 1, 0)] + durations.transfer
        while state[rank].held + 2 + 2 * rank <= 2 * ranks, state[rank].forwards[0] < microbatches,
          state[rank].free + durations.stages[rank].forward <= arrival
        {
          for other in 0...rank where !putForward(0, other) { return false }
        }
      }
      guard putForward(1, rank) else { return false }
    }
    return true
  }

  /// Places forwards of both legs in turn, until each rank has as many as the previous one.
  private mutating func evenOut() -> Bool {
    var leg = 0
    for rank in 1..<max(1, ranks) {
      func total(_ rank: Int) -> Int { state[rank].forwards[0] + state[rank].forwards[1] }
      var turns = 0
      while total(rank) < total(rank - 1)
        || (state[rank].forwards[1] <= state[rank - 1].forwards[1]
          && state[rank - 1].forwards[1] < microbatches)
      {
        for other in (rank..<ranks).reversed() where state[other].forwards[leg] < microbatches {
          guard putForward(leg, other) else { return false }
        }
        leg = 1 - leg
        turns += 1
        guard turns <= 4 * microbatches else { return false }
      }
    }
    return true
  }

  private mutating func backwardRound() -> Bool {
    var first: [Int] = []
    var second: [Int] = []
    for rank in 0..<ranks {
      let done = state[rank].backwards
      let hasArrived =
        rank == ranks - 1
        || (done[1] < microbatches && backwardEnds[slot(1, rank + 1, done[1])] >= 0)
      if done[1] < done[0], hasArrived || done[0] >= microbatches {
        second.append(rank)
      } else {
        first.append(rank)
      }
    }
    for rank in second.reversed() where !backwardInTurn(1, rank) { return false }
    for rank in first where !backwardInTurn(0, rank) { return false }
    return true
  }

  private mutating func backwardInTurn(_ leg: Int, _ rank: Int) -> Bool {
    let microbatch = state[rank].backwards[leg]
    guard microbatch < microbatches else { return false }
    if let source = source(leg, rank) {
      fill(
        rank, until: backwardEnds[slot(leg, source, microbatch)] + durations.transfer,
        delays: leg == 1 || delaysBackwards)
    }
    return putBackward(leg, rank)
  }

  private mutating func forwardRound() -> Bool {
    for rank in 0..<ranks {
      guard let leg = forwardLeg(rank) else { continue }
      while state[rank].held >= 2 * ranks {
        guard state[rank].hasPendingWeight else { return false }
        putWeight(rank)
      }
      if let source = source(leg, rank), state[rank].forwards[leg] < microbatches {
        let end = forwardEnds[slot(leg, source, state[rank].forwards[leg])]
        fill(rank, until: end + durations.transfer, delays: delaysForwards)
      }
      guard putForward(leg, rank) else { return false }
    }
    return true
  }

  /// The leg of a rank's next forward: the second if its input is placed, else the first.
  private func forwardLeg(_ rank: Int) -> Int? {
    let done = state[rank].forwards
    if done[1] >= microbatches { return nil }
    if done[1] >= done[0] { return 0 }
    if rank == ranks - 1 || forwardEnds[slot(1, rank + 1, done[1])] >= 0 { return 1 }
    guard done[0] < microbatches else { return nil }
    return rank == 0 || forwardEnds[slot(0, rank - 1, done[0])] >= 0 ? 0 : nil
  }

  private func slot(_ leg: Int, _ rank: Int, _ microbatch: Int) -> Int {
    (leg * ranks + rank) * microbatches + microbatch
  }

  /// The rank that provides the input of a leg; nil if the leg begins on this rank.
  private func source(_ leg: Int, _ rank: Int) -> Int? {
    if leg == 0 { return rank > 0 ? rank - 1 : nil }
    return rank < ranks - 1 ? rank + 1 : nil
  }

  /// Places the weight gradients that end before an arrival. One more follows if it may delay the
  /// arriving cell and if, left empty, the rest would raise the rank's total wait above both the
  /// longest of any rank and the rank's allowance.
  private mutating func fill(_ rank: Int, until arrival: Int, delays: Bool) {
    while let next = nextWeight(rank), state[rank].free + next <= arrival { putWeight(rank) }
    let spare = max(longestWait, allowances[rank]) - state[rank].waited
    if delays, nextWeight(rank) != nil, arrival - state[rank].free > spare {
      putWeight(rank)
    }
  }

  private func nextWeight(_ rank: Int) -> Int? {
    guard state[rank].hasPendingWeight else { return nil }
    return durations.stages[state[rank].pending[state[rank].nextPending].stage].backwardWeight
  }

  /// Places a forward; false if that is not possible: no microbatch is left, the rank is full, or
  /// an input is not placed yet.
  private mutating func putForward(_ leg: Int, _ rank: Int) -> Bool {
    let microbatch = state[rank].forwards[leg]
    guard microbatch < microbatches, state[rank].held < 2 * ranks,
      arrive(forwardEnds, leg, rank, microbatch),
      leg == 0 || forwardEnds[slot(0, rank, microbatch)] >= 0
    else { return false }
    let work = Work(microbatch: microbatch, stage: leg == 0 ? rank : 2 * ranks - 1 - rank)
    state[rank].free += durations.stages[work.stage].forward
    forwardEnds[slot(leg, rank, microbatch)] = state[rank].free
    state[rank].forwards[leg] += 1
    state[rank].held += 1
    state[rank].cells.append(.forward(work))
    return true
  }

  private mutating func putBackward(_ leg: Int, _ rank: Int) -> Bool {
    let microbatch = state[rank].backwards[leg]
    guard microbatch < state[rank].forwards[1 - leg],
      arrive(backwardEnds, leg, rank, microbatch),
      leg == 0 || backwardEnds[slot(0, rank, microbatch)] >= 0
    else { return false }
    let work = Work(microbatch: microbatch, stage: leg == 1 ? rank : 2 * ranks - 1 - rank)
    state[rank].free += durations.stages[work.stage].backwardInput
    backwardEnds[slot(leg, rank, microbatch)] = state[rank].free
    state[rank].backwards[leg] += 1
    state[rank].pending.append(work)
    state[rank].cells.append(.backwardInput(work))
    return true
  }

  private mutating func putWeight(_ rank: Int) {
    let work = state[rank].pending[state[rank].nextPending]
    state[rank].nextPending += 1
    state[rank].free += durations.stages[work.stage].backwardWeight
    state[rank].held -= 1
    state[rank].cells.append(.backwardWeight(work))
  }

  /// Waits for a cell's input from another rank; false if the input is not placed yet.
  private mutating func arrive(_ ends: [Int], _ leg: Int, _ rank: Int, _ microbatch: Int) -> Bool {
    guard let source = source(leg, rank) else { return true }
    let end = ends[slot(leg, source, microbatch)]
    guard end >= 0 else { return false }
    let wait = end + durations.transfer - state[rank].free
    guard wait > 0 else { return true }
    state[rank].free += wait
    if state[rank].isStarted {
      state[rank].waited += wait
      longestWait = max(longestWait, state[rank].waited)
    }
    return true
  }
}
