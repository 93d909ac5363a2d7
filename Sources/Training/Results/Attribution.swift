// Where every picosecond of every rank went, read off the times of the operations.
//
// Inside a cell the compute stream waits for its own exchanges; the last to end is charged. Of an
// exchange with experts, as much as the communication stream has stood waiting for slower GPUs,
// without pause up to that exchange, is the experts' imbalance: without it the exchange would have
// ended so much earlier. Between cells it waits for the pipeline: while the last input is on
// its way that is the transfer; the rest is divided by a counterfactual, the same plan with equal
// stages (mean durations, no transfer): as much as ranks idle there is the schedule's, what is more
// comes from uneven stages. Where experts are uneven, what ranks wait more than in the same step
// under balanced loads is their imbalance.

import Execution
import Recording
import Schedules
import Units

/// Divides the step time of each rank.
struct Attribution {
  let program: StepProgram
  var times: StreamTimes
  /// The counterfactual, picoseconds; nil where only the waits are asked for.
  let counterfactual: Timeline<Int64>?
  /// Waiting for the pipeline of each rank in the same step under balanced loads, picoseconds; nil
  /// where loads are balanced.
  var balancedWaits: [Int64]?
  /// The times of experts where members differ in them.
  var experts: MemberDurations?

  /// A piece of a rank's time in one activity.
  struct Interval: Hashable {
    var phase: Phase
    var activity: Activity
    var start: Int64
    var end: Int64
    /// The cell that runs or is waited for; nil around the optimizer.
    var cell: Int?
  }

  /// The rows of all ranks; those of a rank sum to the makespan.
  func rankTimes() -> [RankTime] {
    (0..<program.rankCount).flatMap { rank in
      var ledger = Ledger()
      for interval in intervals(of: rank) {
        ledger.add(interval.phase, interval.activity, interval.end - interval.start)
      }
      return ledger.rows(rank: rank, member: times.member, gpus: times.gpus)
    }
  }

  /// Waiting for the pipeline of each rank, picoseconds.
  func pipelineWaits() -> [Int64] {
    (0..<program.rankCount).map { pieces(of: $0).waited }
  }

  /// The time of a rank in order and without gap, from 0 to the makespan.
  func intervals(of rank: Int) -> [Interval] {
    let pieces = pieces(of: rank)
    let imbalance = balancedWaits.map { max(0, pieces.waited - $0[rank]) }
    return pieces.divided(expertImbalance: imbalance ?? 0)
  }

  private func pieces(of rank: Int) -> RankPieces {
    var pieces = RankPieces()
    var clock: Int64 = 0
    var place = 0
    for index in program.stream(.compute, rank: rank) {
      let label = program.labels[Int(index)]
      if label.kind == .optimizerUpdate { break }
      let cell = Int(label.cell)
      let phase = Self.phase(of: program.cells[cell].cell)
      let start = times.start(index)
      if program.cells[cell].firstCompute == Int(index) {
        let transfer = start > clock ? transferTime(before: index, from: clock) : 0
        pieces.wait(clock..<start - transfer, idle: scheduleIdle(rank, before: place), cell: cell)
        pieces.add(.bubble, .pipelineTransfer, start - transfer..<start, cell: cell)
        place += 1
      } else {
        let awaited = lastExchange(before: index)
        let delay = awaited.map { expertDelay(of: $0, rank: rank) } ?? 0
        let middle = clock + min(start - clock, delay)
        let cause = awaited.flatMap { Self.exposed(program.labels[Int($0)].kind) }
        pieces.add(phase, .expertImbalance, clock..<middle, cell: cell)
        pieces.add(phase, cause ?? .exposedCombine, middle..<start, cell: cell)
      }
      let end = times.end(index)
      let excess = expertExcess(index, label.kind)
      pieces.add(phase, .compute, start..<end - excess, cell: cell)
      pieces.add(phase, .expertImbalance, end - excess..<end, cell: cell)
      clock = times.end(index)
    }
    addOptimizer(rank, from: clock, to: &pieces)
    return pieces
  }

  /// What experts take on this GPU above the balanced load.
  private func expertExcess(_ index: Int32, _ kind: OperationKind) -> Int64 {
    let duration = times.duration(index)
    let operation = program.operations[Int(index)]
    guard let experts, kind == .experts, operation.variant >= 0 else { return 0 }
    let own = experts.time(operation.variant, member: times.member).besideCommunication.picoseconds
    let balanced = operation.time.besideCommunication.picoseconds
    guard own > balanced else { return 0 }
    // Two durations of milliseconds in picoseconds do not fit one word when multiplied.
    let product = duration.multipliedFullWidth(by: balanced)
    return duration - own.dividingFullWidth(product).quotient
  }

  private func addOptimizer(_ rank: Int, from clock: Int64, to pieces: inout RankPieces) {
    var clock = clock
    // What the schedule leaves idle after a rank's last cell counts once, in the first wait.
    var idle = scheduleIdle(rank, before: counterfactual?.ranks[rank].count ?? 0)
    let communication = program.stream(.communication, rank: rank)
    let closing = communication.suffix(2) + program.stream(.compute, rank: rank).suffix(1)
    for index in closing.sorted(by: { times.start($0) < times.start($1) }) {
      let activity: Activity =
        switch program.labels[Int(index)].kind {
        case .gradientReduction: .gradientReduction
        case .parameterGather: .parameterGather
        default: .compute
        }
      pieces.wait(clock..<times.start(index), idle: idle, cell: nil)
      pieces.add(.optimizer, activity, times.start(index)..<times.end(index), cell: nil)
      clock = times.end(index)
      idle = 0
    }
    pieces.wait(clock..<times.makespan, idle: idle, cell: nil)
  }

  /// How long the rank stands idle in the counterfactual before its cell at a place, or at its end.
  private func scheduleIdle(_ rank: Int, before place: Int) -> Int64 {
    guard let counterfactual else { return 0 }
    let spans = counterfactual.ranks[rank]
    let start = place < spans.count ? spans[place].start : counterfactual.makespan
    return start - (place > 0 ? spans[place - 1].end : 0)
  }

  /// How much of the wait before an operation its latest transfer was under way.
  private func transferTime(before index: Int32, from clock: Int64) -> Int64 {
    var latest: Int32?
    for input in program.inputs[Int(index)] {
      if times.end(input) > times.end(latest ?? input) || latest == nil { latest = input }
    }
    guard let latest, program.labels[Int(latest)].kind == .send else { return 0 }
    return max(0, times.end(latest) - max(times.start(latest), clock))
  }

  /// How long the communication stream has waited for slower GPUs without pause before an exchange
  /// that an operation of the same cell needs.
  private func expertDelay(of exchange: Int32, rank: Int) -> Int64 {
    let kind = program.labels[Int(exchange)].kind
    guard balancedWaits != nil, kind == .dispatch || kind == .combine else { return 0 }
    let stream = program.stream(.communication, rank: rank)
    var place = position(of: exchange, in: stream)
    var delay = times.waiting(exchange)
    while place > 0 {
      let (earlier, later) = (stream[place - 1], stream[place])
      let label = program.labels[Int(earlier)]
      guard label.cell == program.labels[Int(exchange)].cell,
        times.end(earlier) == times.start(later)
      else { break }
      delay += times.waiting(earlier)
      place -= 1
    }
    return delay
  }

  /// The exchange inside a cell that ended last of those which an operation needs.
  private func lastExchange(before index: Int32) -> Int32? {
    var last: Int32?
    for input in program.inputs[Int(index)]
    where Self.exposed(program.labels[Int(input)].kind) != nil {
      if last.map({ times.end($0) < times.end(input) }) ?? true { last = input }
    }
    return last
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

  /// What waiting for an exchange inside a cell is called; nil for other operations.
  static func exposed(_ kind: OperationKind) -> Activity? {
    switch kind {
    case .dispatch: .exposedDispatch
    case .combine: .exposedCombine
    case .contextExchange, .contextGather, .contextScatter: .exposedContext
    case .tensorGather, .tensorScatter, .tensorSum: .exposedTensor
    default: nil
    }
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

    func rows(rank: Int, member: Int, gpus: Int) -> [RankTime] {
      var rows: [RankTime] = []
      for (index, sum) in sums.enumerated() where sum != 0 {
        rows.append(
          RankTime(
            rank: rank, member: member, gpus: gpus,
            phase: Phase.allCases[index / Activity.allCases.count],
            activity: Activity.allCases[index % Activity.allCases.count],
            time: SimDuration(picoseconds: sum)))
      }
      return rows
    }
  }
}
