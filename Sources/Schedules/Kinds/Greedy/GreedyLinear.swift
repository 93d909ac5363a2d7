// The authors' search behind ZB-1p and ZB-2p, reconstructed from its description and the golden
// orders. In each round, ranks 0 to P - 1 do one forward each, then ranks P - 1 to 0 one input
// gradient each; weight gradients fill waits. A wait may stay empty if it leaves the rank's total
// wait no longer than the longest of any rank.
//
// Source: "Zero Bubble Pipeline Parallelism", arXiv:2401.10241. On the golden rows it reproduces
// every makespan, and the orders of ZB-1p exactly.

/// One run of the search for a linear placement.
struct GreedyLinear {
  /// The choices that the search leaves open; all eight combinations are tried.
  struct Choices {
    /// Whether one more forward may delay the first input gradient.
    var fillsFirstWait: Bool
    /// Whether an input gradient that has arrived goes before a forward that no rank waits for.
    var prefersBackward: Bool
    /// Whether a weight gradient also fills a wait that costs nothing because others waited longer.
    var fillsFreeWaits: Bool

    /// Every combination.
    static let all = [false, true].flatMap { first in
      [false, true].flatMap { backward in
        [false, true].map { free in
          Choices(fillsFirstWait: first, prefersBackward: backward, fillsFreeWaits: free)
        }
      }
    }
  }

  private let ranks: Int
  private let microbatches: Int
  private let chunkLimit: Int
  private let durations: WholeDurations
  private let choices: Choices
  private var state: [RankState]
  /// End times, indexed by rank * microbatches + microbatch.
  private var forwardEnds: [Int]
  private var backwardEnds: [Int]
  /// The longest total wait of any rank after its first forward.
  private var longestWait = 0

  private struct RankState {
    var forwards = 0
    var backwards = 0
    var weights = 0
    var free = 0
    var waited = 0
    var cells: [Cell] = []

    var held: Int { forwards - weights }
    var hasPendingWeight: Bool { weights < backwards }
  }

  private init(
    _ sizes: ScheduleSizes, _ durations: WholeDurations, chunkLimit: Int, choices: Choices
  ) {
    ranks = sizes.ranks
    microbatches = sizes.microbatches
    self.durations = durations
    self.chunkLimit = chunkLimit
    self.choices = choices
    state = (0..<sizes.ranks).map { _ in RankState() }
    for rank in state.indices { state[rank].cells.reserveCapacity(3 * sizes.microbatches) }
    forwardEnds = Array(repeating: 0, count: sizes.ranks * sizes.microbatches)
    backwardEnds = forwardEnds
  }

  /// The order that ends first over all combinations of choices, the first one on a tie; for uneven
  /// stages, also the order of a search with their mean durations.
  ///
  /// Complexity: O(cells).
  static func orders(
    _ sizes: ScheduleSizes, _ durations: StageDurations, chunkLimit: Int
  ) -> [[[Cell]]] {
    WholeDurations(durations, stages: sizes.ranks).views.compactMap { view in
      var best: GreedyOrder?
      for choices in Choices.all {
        var search = GreedyLinear(sizes, view, chunkLimit: chunkLimit, choices: choices)
        guard let found = search.run() else { continue }
        if found.makespan < best?.makespan ?? .max { best = found }
      }
      return best?.cells
    }
  }

  private mutating func run() -> GreedyOrder? {
    warmUp()
    for _ in 1..<max(1, microbatches) {
      guard choices.prefersBackward ? urgentRound() : plainRound() else { return nil }
    }
    for rank in 0..<ranks {
      while state[rank].weights < microbatches { putWeight(rank) }
    }
    return GreedyOrder(
      cells: state.map(\.cells), makespan: state.lazy.map(\.free).max() ?? 0)
  }

  /// Places forwards until the first input gradient arrives, fewer on each rank than on the
  /// previous one.
  private mutating func warmUp() {
    for rank in 0..<ranks { putForward(rank) }
    var extra = Array(repeating: 0, count: ranks)
    var firstBackward = 0
    for rank in (0..<ranks).reversed() {
      let times = durations.stages[rank]
      var end = state[rank].free
      if rank < ranks - 1 {
        let arrival = firstBackward + durations.transfer
        while 1 + extra[rank] < min(microbatches, chunkLimit) {
          if choices.fillsFirstWait ? end >= arrival : end + times.forward > arrival { break }
          end += times.forward
          extra[rank] += 1
        }
        end = max(end, arrival)
      }
      firstBackward = end + times.backwardInput
    }
    for rank in 1..<max(1, ranks) {
      let before = extra[rank - 1]
      let hasMore = 1 + extra[rank] < microbatches
      extra[rank] = min(extra[rank], hasMore ? max(0, before - 1) : before)
    }
    for rank in 0..<ranks {
      for _ in 0..<extra[rank] { putForward(rank) }
    }
    for rank in (0..<ranks).reversed() { putBackward(rank) }
  }

  /// Places a forward on each rank, then an input gradient on each; false if the limit forbids it.
  private mutating func plainRound() -> Bool {
    for rank in 0..<ranks {
      guard forwardInTurn(rank) else { return false }
    }
    for rank in (0..<ranks).reversed() { backwardInTurn(rank) }
    return true
  }

  /// Like `plainRound`, but a rank skips its forward if an input gradient has arrived. Ranks before
  /// `first` do not: the next rank has no other forward to do.
  private mutating func urgentRound() -> Bool {
    var first = ranks - 1
    while first > 0, state[first - 1].forwards > state[first].forwards { first -= 1 }
    for rank in 0..<first {
      guard forwardInTurn(rank) else { return false }
    }
    for rank in (0..<ranks).reversed() {
      if rank >= first {
        let own = state[rank]
        let isUrgent =
          rank < ranks - 1 && own.backwards < own.forwards && own.free >= backwardArrival(rank)
        if !isUrgent {
          guard forwardInTurn(rank) else { return false }
        }
      }
      backwardInTurn(rank)
    }
    return true
  }

  private mutating func forwardInTurn(_ rank: Int) -> Bool {
    guard state[rank].forwards < microbatches else { return true }
    while state[rank].held >= chunkLimit {
      guard state[rank].hasPendingWeight else { return false }
      putWeight(rank)
    }
    if rank > 0 { fill(rank, until: forwardArrival(rank)) }
    putForward(rank)
    return true
  }

  private mutating func backwardInTurn(_ rank: Int) {
    if rank == 0, state[0].forwards == microbatches {
      // No rank needs rank 0's input gradients, so weight gradients may delay them.
      while state[0].hasPendingWeight { putWeight(0) }
    } else if rank < ranks - 1 {
      fill(rank, until: backwardArrival(rank))
    }
    putBackward(rank)
  }

  private func forwardArrival(_ rank: Int) -> Int {
    forwardEnds[(rank - 1) * microbatches + state[rank].forwards] + durations.transfer
  }

  private func backwardArrival(_ rank: Int) -> Int {
    backwardEnds[(rank + 1) * microbatches + state[rank].backwards] + durations.transfer
  }

  /// Places weight gradients until an arrival; the last one may end after it.
  private mutating func fill(_ rank: Int, until arrival: Int) {
    let weight = durations.stages[rank].backwardWeight
    while state[rank].hasPendingWeight, state[rank].free + weight <= arrival { putWeight(rank) }
    guard state[rank].hasPendingWeight, state[rank].free < arrival else { return }
    let isFree = arrival - state[rank].free <= longestWait - state[rank].waited
    if choices.fillsFreeWaits || !isFree { putWeight(rank) }
  }

  private mutating func putForward(_ rank: Int) {
    let microbatch = state[rank].forwards
    let arrival = rank > 0 ? forwardArrival(rank) : 0
    wait(rank, until: arrival)
    state[rank].free += durations.stages[rank].forward
    forwardEnds[rank * microbatches + microbatch] = state[rank].free
    state[rank].forwards += 1
    state[rank].cells.append(.forward(Work(microbatch: microbatch, stage: rank)))
  }

  private mutating func putBackward(_ rank: Int) {
    let microbatch = state[rank].backwards
    if rank < ranks - 1 { wait(rank, until: backwardArrival(rank)) }
    state[rank].free += durations.stages[rank].backwardInput
    backwardEnds[rank * microbatches + microbatch] = state[rank].free
    state[rank].backwards += 1
    state[rank].cells.append(.backwardInput(Work(microbatch: microbatch, stage: rank)))
  }

  private mutating func putWeight(_ rank: Int) {
    let microbatch = state[rank].weights
    state[rank].free += durations.stages[rank].backwardWeight
    state[rank].weights += 1
    state[rank].cells.append(.backwardWeight(Work(microbatch: microbatch, stage: rank)))
  }

  private mutating func wait(_ rank: Int, until arrival: Int) {
    let wait = arrival - state[rank].free
    guard wait > 0 else { return }
    state[rank].free = arrival
    if state[rank].forwards > 0 {
      state[rank].waited += wait
      longestWait = max(longestWait, state[rank].waited)
    }
  }
}
