// Simulates a plan: each rank runs its cells in the given order, one at a time; a cell starts when
// the rank is free and every input has arrived. Inputs from another rank arrive `transfer` after
// their producer ends, inputs from the same rank at once. Transfers take no time of a rank and
// never block; with rendezvous transfers, DualPipe(V) took up to 2.9 % longer (never shorter).

/// Simulates a plan with durations of the caller's choice, for example of uneven stages.
///
/// The plan's works must be in range (`PlanChecker`); a missing cell appears as a deadlock.
///
/// Complexity: O(cells); specialised for whole picoseconds and for `Double`.
/// Throws: `DeadlockProblem` if ranks wait for each other, with their missing inputs.
@specialized(where Time == Int64)
@specialized(where Time == Double)
package func evaluate<Time: ScheduleTime>(
  _ plan: Plan, transfer: Time, duration: (_ rank: Int, _ cell: Cell) -> Time
) throws(DeadlockProblem) -> Timeline<Time> {
  var evaluation = Evaluation<Time>(plan, transfer: transfer)
  evaluation.run(duration)
  if let deadlock = evaluation.deadlock { throw deadlock }
  return Timeline(ranks: evaluation.spans, busy: evaluation.busy)
}

/// Simulates a plan whose stages are all equal.
///
/// Complexity: O(cells).
/// Throws: `DeadlockProblem` if ranks wait for each other, with their missing inputs.
package func evaluate(
  _ plan: Plan, _ durations: CellDurations
) throws(DeadlockProblem) -> Timeline<Double> {
  try evaluate(plan, transfer: durations.transfer) { _, cell in durations.duration(of: cell) }
}

/// The state of a simulated plan; inputs are indexed by microbatch * stages + stage.
private struct Evaluation<Time: ScheduleTime> {
  let plan: Plan
  let transfer: Time
  let stages: Int
  var spans: [[Timeline<Time>.Span]]
  var busy: [Time]
  var next: [Int]
  var forwards: [Output]
  var backwards: [Output]

  /// The output of a forward or of an input gradient: its rank, and the time when it was ready.
  struct Output {
    var rank = -1
    var weightRank = -1
    var end: Time?
  }

  init(_ plan: Plan, transfer: Time) {
    self.plan = plan
    self.transfer = transfer
    stages = plan.stagesPerPath
    spans = plan.cells.map { _ in [] }
    busy = plan.cells.map { _ in .zero }
    next = plan.cells.map { _ in 0 }
    let works = plan.sizes.microbatches * stages
    forwards = Array(repeating: Output(), count: works)
    backwards = forwards
    for (rank, cells) in plan.cells.enumerated() {
      spans[rank].reserveCapacity(cells.count)
      for cell in cells {
        if let work = cell.forwardWork { forwards[index(work)].rank = rank }
        if let work = cell.backwardInputWork { backwards[index(work)].rank = rank }
        if let work = cell.backwardWeightWork { backwards[index(work)].weightRank = rank }
      }
    }
  }

  func index(_ work: Work) -> Int {
    precondition(0..<plan.sizes.microbatches ~= work.microbatch && 0..<stages ~= work.stage)
    return work.microbatch * stages + work.stage
  }

  /// Runs every rank as far as possible; a finished cell wakes the ranks that may wait for it.
  mutating func run(_ duration: (Int, Cell) -> Time) {
    var awake = Array(plan.cells.indices.reversed())
    while let rank = awake.popLast() {
      while next[rank] < plan.cells[rank].count {
        let cell = plan.cells[rank][next[rank]]
        var start = spans[rank].last?.end ?? .zero
        guard missingInput(of: cell, on: rank, latest: &start) == nil else { break }
        let length = duration(rank, cell)
        let end = start + length
        spans[rank].append(.init(cell: cell, start: start, end: end))
        busy[rank] += length
        next[rank] += 1
        finish(cell, on: rank, at: end, waking: &awake)
      }
    }
  }

  mutating func finish(_ cell: Cell, on rank: Int, at end: Time, waking awake: inout [Int]) {
    func wake(_ other: Int) {
      if other >= 0 && other != rank { awake.append(other) }
    }
    if let work = cell.forwardWork {
      let own = index(work)
      forwards[own].end = end
      wake(backwards[own].rank)
      if work.stage + 1 < stages { wake(forwards[own + 1].rank) }
    }
    if let work = cell.backwardInputWork {
      let own = index(work)
      backwards[own].end = end
      wake(backwards[own].weightRank)
      if work.stage > 0 { wake(backwards[own - 1].rank) }
    }
  }

  /// The first missing input of a cell; nil if there is none, with `latest` raised to the arrivals.
  func missingInput(of cell: Cell, on rank: Int, latest: inout Time) -> Cell? {
    func arrival(_ output: Output) -> Bool {
      guard let end = output.end else { return false }
      latest = max(latest, output.rank == rank ? end : end + transfer)
      return true
    }
    if let work = cell.forwardWork, work.stage > 0, !arrival(forwards[index(work) - 1]) {
      return .forward(Work(microbatch: work.microbatch, stage: work.stage - 1))
    }
    if let work = cell.backwardInputWork {
      let own = index(work)
      if !arrival(forwards[own]) { return .forward(work) }
      if work.stage + 1 < stages, !arrival(backwards[own + 1]) {
        return .backwardInput(Work(microbatch: work.microbatch, stage: work.stage + 1))
      }
    }
    if case .backwardWeight(let work) = cell, !arrival(backwards[index(work)]) {
      return .backwardInput(work)
    }
    return nil
  }

  var deadlock: DeadlockProblem? {
    var waits: [DeadlockProblem.Wait] = []
    for (rank, cells) in plan.cells.enumerated() where next[rank] < cells.count {
      var ignored = Time.zero
      let cell = cells[next[rank]]
      guard let input = missingInput(of: cell, on: rank, latest: &ignored) else { continue }
      let maker = (input.forwardWork.map { forwards[index($0)].rank })
      let backwardMaker = input.backwardInputWork.map { backwards[index($0)].rank }
      let found = maker ?? backwardMaker ?? -1
      waits.append(.init(rank: rank, cell: cell, input: input, maker: found < 0 ? nil : found))
    }
    return waits.isEmpty ? nil : DeadlockProblem(waits: waits)
  }
}
