// Where every picosecond of every rank went, read off the times of the operations.
//
// Inside a cell the compute stream waits for its own dispatch or combine. As much of that as the
// communication stream has stood waiting for slower GPUs, without pause up to that exchange, is the
// experts' imbalance: without it the exchange would have ended so much earlier. Between cells it
// waits for the pipeline: while the last input is on its way that is the transfer; the rest is
// divided by a counterfactual, the same plan with equal stages (mean durations, no transfer): as
// much as ranks idle there is the schedule's, what is more comes from uneven stages. Where experts
// are uneven, what ranks wait more than in the same step under balanced loads is their imbalance.

import Recording
import Schedules
import Units

/// Divides the step time of each rank.
struct Attribution {
  let program: StepProgram
  let times: StepTimes
  /// Idle time of each rank in the counterfactual, picoseconds.
  let scheduleIdle: [Int64]
  /// Waiting for the pipeline of each rank in the same step under balanced loads, picoseconds; nil
  /// where loads are balanced.
  var balancedWaits: [Int64]?

  /// The rows of all ranks; those of a rank sum to the makespan.
  func rankTimes() -> [RankTime] {
    (0..<program.rankCount).flatMap { rank in
      var ledger = Ledger()
      var waited = account(rank, &ledger)
      if let balancedWaits {
        let imbalance = max(0, waited - balancedWaits[rank])
        ledger.add(.bubble, .expertImbalance, imbalance)
        waited -= imbalance
      }
      let schedule = min(waited, scheduleIdle[rank])
      ledger.add(.bubble, .schedule, schedule)
      ledger.add(.bubble, .stageImbalance, waited - schedule)
      return ledger.rows(rank: rank)
    }
  }

  /// Waiting for the pipeline of each rank, picoseconds.
  func pipelineWaits() -> [Int64] {
    (0..<program.rankCount).map { rank in
      var ledger = Ledger()
      return account(rank, &ledger)
    }
  }

  /// Books everything but waiting for the pipeline, which it returns.
  private func account(_ rank: Int, _ ledger: inout Ledger) -> Int64 {
    var waited: Int64 = 0
    var clock: Int64 = 0
    for index in program.stream(.compute, rank: rank) {
      let operation = program.operations[Int(index)]
      if operation.kind == .optimizerUpdate { break }
      let gap = times.start(index) - clock
      let cell = program.cells[Int(operation.cell)]
      let phase = Self.phase(of: cell.cell)
      if gap > 0 && cell.firstCompute == Int(index) {
        let transfer = transferTime(before: index, from: clock)
        ledger.add(.bubble, .pipelineTransfer, transfer)
        waited += gap - transfer
      } else if gap > 0 {
        let imbalance = min(gap, expertDelay(before: index, rank: rank))
        ledger.add(phase, .expertImbalance, imbalance)
        ledger.add(
          phase, waitsForDispatch(index) ? .exposedDispatch : .exposedCombine, gap - imbalance)
      }
      ledger.add(
        phase, operation.kind == .expertExcess ? .expertImbalance : .compute,
        times.end(index) - times.start(index))
      clock = times.end(index)
    }
    return waited + accountOptimizer(rank, from: clock, &ledger)
  }

  private func accountOptimizer(
    _ rank: Int, from clock: Int64, _ ledger: inout Ledger
  ) -> Int64 {
    var waited: Int64 = 0
    var clock = clock
    let communication = program.stream(.communication, rank: rank)
    let closing = communication.suffix(2) + program.stream(.compute, rank: rank).suffix(1)
    for index in closing.sorted(by: { times.start($0) < times.start($1) }) {
      let activity: Activity =
        switch program.operations[Int(index)].kind {
        case .gradientReduction: .gradientReduction
        case .parameterGather: .parameterGather
        default: .compute
        }
      waited += times.start(index) - clock
      ledger.add(.optimizer, activity, times.end(index) - times.start(index))
      clock = times.end(index)
    }
    return waited + times.makespan - clock
  }

  /// How much of the wait before an operation its latest transfer was under way.
  private func transferTime(before index: Int32, from clock: Int64) -> Int64 {
    var latest: Int32?
    for input in program.inputs[Int(index)] {
      if times.end(input) > times.end(latest ?? input) || latest == nil { latest = input }
    }
    guard let latest, program.operations[Int(latest)].kind == .send else { return 0 }
    return max(0, times.end(latest) - max(times.start(latest), clock))
  }

  /// How long the communication stream has waited for slower GPUs without pause before the exchange
  /// that an operation of the same cell needs.
  private func expertDelay(before index: Int32, rank: Int) -> Int64 {
    guard balancedWaits != nil, let exchange = exchange(before: index) else { return 0 }
    let stream = program.stream(.communication, rank: rank)
    var place = position(of: exchange, in: stream)
    var delay: Int64 = 0
    while place > 0 {
      let (earlier, later) = (stream[place - 1], stream[place])
      let operation = program.operations[Int(earlier)]
      guard operation.cell == program.operations[Int(index)].cell,
        times.end(earlier) == times.start(later)
      else { break }
      if operation.kind == .expertWait { delay += times.end(earlier) - times.start(earlier) }
      place -= 1
    }
    return delay
  }

  private func exchange(before index: Int32) -> Int32? {
    program.inputs[Int(index)].first {
      let kind = program.operations[Int($0)].kind
      return kind == .dispatch || kind == .combine
    }
  }

  /// The place of an operation in its stream, whose operations have ascending numbers.
  private func position(of operation: Int32, in stream: [Int32]) -> Int {
    var (low, high) = (0, stream.count)
    while low < high {
      let middle = (low + high) / 2
      if stream[middle] < operation { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private func waitsForDispatch(_ index: Int32) -> Bool {
    program.inputs[Int(index)].contains { program.operations[Int($0)].kind == .dispatch }
  }

  static func phase(of cell: Cell) -> Phase {
    switch cell {
    case .forward: .forwardAlone
    case .backwardInput, .backward: .backwardAlone
    case .backwardWeight: .weightAlone
    case .overlapped: .overlappedPair
    }
  }

  /// Sums by phase and activity.
  private struct Ledger {
    private var sums = [Int64](
      repeating: 0, count: Phase.allCases.count * Activity.allCases.count)

    mutating func add(_ phase: Phase, _ activity: Activity, _ picoseconds: Int64) {
      guard let row = Phase.allCases.firstIndex(of: phase),
        let column = Activity.allCases.firstIndex(of: activity)
      else { return }
      sums[row * Activity.allCases.count + column] += picoseconds
    }

    func rows(rank: Int) -> [RankTime] {
      var rows: [RankTime] = []
      for (index, sum) in sums.enumerated() where sum != 0 {
        rows.append(
          RankTime(
            rank: rank, phase: Phase.allCases[index / Activity.allCases.count],
            activity: Activity.allCases[index % Activity.allCases.count],
            time: SimDuration(picoseconds: sum)))
      }
      return rows
    }
  }
}
