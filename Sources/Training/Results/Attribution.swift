// Attribution of every picosecond of every rank to a cause, from the times of the operations.
//
// Inside a cell the compute stream waits for the cell's own exchanges:
//
//     expert imbalance   the time during which the communication stream waited for slower GPUs,
//                        without interruption up to the exchange; without them the exchange would
//                        have ended that much earlier
//     host               while kernels were not launched
//     jitter             while the exchange itself waited for GPUs that are slower by chance
//     exposed ...        the rest, charged to the exchange that ends last
//
// Between cells it waits for the pipeline:
//
//     pipeline transfer  while the last input is in transit
//     jitter             while it waited for slower neighbours before that
//     schedule           the idle time of a counterfactual: the same plan with equal stages (mean
//                        durations) and without transfers
//     expert imbalance   the wait in excess of the same step under balanced loads
//     host               the wait of that step in excess of the same one whose hosts launch at once
//     stage imbalance    the rest

import Execution
import Recording
import Schedules
import Units

/// Divides the step time of each rank.
struct Attribution {
  let program: StepProgram
  var times: StreamTimes
  /// The counterfactual, in picoseconds; nil if only the waits are needed.
  let counterfactual: Timeline<Int64>?
  /// How long each rank waits for the pipeline in the same step under balanced loads; nil if loads
  /// are balanced.
  var balancedWaits: [SimDuration]?
  /// The same if the hosts of the balanced step also launch at once; nil if they do anyway.
  var hostlessWaits: [SimDuration]?
  /// Durations of experts, if they differ between members.
  var experts: MemberDurations?

  /// A piece of a rank's time spent on one activity.
  struct Interval: Hashable {
    var phase: Phase
    var activity: Activity
    var start: SimTime
    var end: SimTime
    /// The cell that runs or that the rank waits for; nil around the optimizer.
    var cell: CellID?
  }

  /// The rows of all ranks; the rows of each rank sum to the makespan.
  func rankTimes() -> [RankTime] {
    (0..<program.rankCount).flatMap { rank in
      var sums = EnumTable<Phase, EnumTable<Activity, SimDuration>>(
        repeating: EnumTable(repeating: .zero))
      for interval in intervals(of: rank) {
        sums[interval.phase][interval.activity] += interval.end - interval.start
      }
      return Phase.allCases.flatMap { phase in
        Activity.allCases.compactMap { activity -> RankTime? in
          let time = sums[phase][activity]
          return time == .zero
            ? nil
            : RankTime(
              rank: rank, member: times.member, gpus: times.gpus, phase: phase,
              activity: activity, time: time)
        }
      }
    }
  }

  /// How long each rank waits for the pipeline.
  func pipelineWaits() -> [SimDuration] {
    (0..<program.rankCount).map { pieces(of: $0).waited }
  }

  /// The time of a rank in order and without gaps, from 0 to the makespan.
  func intervals(of rank: Int) -> [Interval] {
    let pieces = pieces(of: rank)
    let experts = balancedWaits.map { max(.zero, pieces.waited - $0[rank]) } ?? .zero
    let host = hostlessWaits.map { max(.zero, pieces.waited - experts - $0[rank]) } ?? .zero
    return pieces.divided(expertImbalance: experts, host: host)
  }

  private func pieces(of rank: Int) -> RankPieces {
    var pieces = RankPieces()
    var clock = SimTime.zero
    var place = 0
    for operation in program.stream(.compute, rank: rank) {
      let label = program[label: operation]
      // The optimizer's update comes last.
      guard let cell = label.cell else { break }
      let phase = Self.phase(of: program[cell].cell)
      let start = times.start(operation)
      if program[cell].firstCompute == operation {
        let last = start > clock ? lastTransit(before: operation, from: clock) : nil
        let transit = last?.time ?? .zero
        let waited = clock..<start - transit
        let held = last.map { heldUp($0.operation, in: waited) } ?? []
        let length = held.reduce(.zero) { $0 + $1.time }
        pieces.wait(
          clock..<waited.upperBound - length, idle: scheduleIdle(rank, before: place), cell: cell)
        add(held, .bubble, from: waited.upperBound - length, cell: cell, to: &pieces)
        let gathers = last.map { program[label: $0.operation].kind } == .unitGather
        pieces.add(
          gathers ? phase : .bubble, gathers ? .exposedParameters : .pipelineTransfer,
          start - transit..<start, cell: cell)
        place += 1
      } else {
        let awaited = lastExchange(before: operation)
        let held = awaited.map { heldUp($0, in: clock..<start) } ?? []
        add(held, phase, from: clock, cell: cell, to: &pieces)
        clock = clock + held.reduce(.zero) { $0 + $1.time }
        let delay = awaited.map { expertDelay(of: $0, rank: rank) } ?? .zero
        let middle = clock + min(start - clock, delay)
        let cause = awaited.flatMap { Self.exposed(program[label: $0].kind) }
        pieces.add(phase, .expertImbalance, clock..<middle, cell: cell)
        pieces.add(phase, cause ?? .exposedCombine, middle..<start, cell: cell)
      }
      let end = times.end(operation)
      let excess = expertExcess(operation, label.kind)
      pieces.add(phase, .compute, start..<end - excess, cell: cell)
      pieces.add(phase, .expertImbalance, end - excess..<end, cell: cell)
      clock = end
    }
    addOptimizer(rank, from: clock, to: &pieces)
    return pieces
  }

  /// What held up an exchange before it started, in order, as far as it falls into a gap.
  private func heldUp(
    _ exchange: OperationID, in gap: Range<SimTime>
  ) -> [(activity: Activity, time: SimDuration)] {
    var causes: [(activity: Activity, time: SimDuration)] = []
    var current = exchange
    while let cause = latest(
      program.inputs(of: current), where: { $0 == .jitter || $0 == .synchronisation })
    {
      let time = (times.start(cause)..<times.end(cause)).clamped(to: gap)
      let isHost = program[label: cause].kind == .synchronisation
      causes.append((isHost ? .host : .jitter, time.upperBound - time.lowerBound))
      current = cause
    }
    return causes.reversed()
  }

  /// Adds what held up an exchange, one after another.
  private func add(
    _ causes: [(activity: Activity, time: SimDuration)], _ phase: Phase, from start: SimTime,
    cell: CellID, to pieces: inout RankPieces
  ) {
    var clock = start
    for cause in causes {
      pieces.add(phase, cause.activity, clock..<clock + cause.time, cell: cell)
      clock = clock + cause.time
    }
  }

  /// Time of experts on this GPU beyond the time under balanced loads.
  private func expertExcess(_ operation: OperationID, _ kind: OperationKind) -> SimDuration {
    guard let experts, kind == .experts,
      case .takes(let time, let variant?) = program.operations[operation.index].effort
    else { return .zero }
    let own = experts.time(variant, member: times.member).besideCommunication
    let balanced = time.besideCommunication
    guard own > balanced else { return .zero }
    let duration = times.duration(operation)
    // The product of two durations of milliseconds in picoseconds exceeds 64 bits.
    let product = duration.picoseconds.multipliedFullWidth(by: balanced.picoseconds)
    return duration
      - SimDuration(picoseconds: own.picoseconds.dividingFullWidth(product).quotient)
  }

  private func addOptimizer(_ rank: Int, from clock: SimTime, to pieces: inout RankPieces) {
    var clock = clock
    // Reductions of units that the last cells have left under way.
    if let last = program.stream(.unitReduction, rank: rank).last, times.end(last) > clock {
      pieces.add(.optimizer, .gradientReduction, clock..<times.end(last), cell: nil)
      clock = times.end(last)
    }
    // Idle time of the schedule after a rank's last cell counts once, in the first wait.
    var idle = scheduleIdle(rank, before: counterfactual?.ranks[rank].count ?? 0)
    for (activity, time) in closing(rank) {
      // The update runs beside an offloaded part.
      let start = max(clock, time.lowerBound)
      pieces.wait(clock..<start, idle: idle, cell: nil)
      pieces.add(
        activity == .jitter ? .bubble : .optimizer, activity,
        start..<max(start, time.upperBound), cell: nil)
      clock = max(start, time.upperBound)
      idle = .zero
    }
    pieces.wait(clock..<times.makespan, idle: idle, cell: nil)
  }

  /// What follows a rank's last cell, in order: the last reductions, the update, states that come
  /// from host memory or are updated there, the gather.
  private func closing(_ rank: Int) -> [(Activity, Range<SimTime>)] {
    func time(_ operation: OperationID) -> Range<SimTime> {
      times.start(operation)..<times.end(operation)
    }
    let communication = program.stream(.communication, rank: rank).reversed().prefix {
      program[label: $0].cell == nil
    }
    var closing: [(Activity, Range<SimTime>)] = communication.map {
      switch program[label: $0].kind {
      case .jitter: (.jitter, time($0))
      case .parameterGather: (.parameterGather, time($0))
      default: (.gradientReduction, time($0))
      }
    }
    closing += program.stream(.launch, rank: rank).suffix(1).filter {
      program[label: $0].cell == nil
    }.map { (.host, time($0)) }
    closing += program.stream(.compute, rank: rank).suffix(1).map { (.compute, time($0)) }
    if let last = program.stream(.fromHost, rank: rank).last,
      let first = program.stream(.toHost, rank: rank).first
    {
      // States that the GPU updates leave beside the first forwards, which wait for nothing.
      let start = program.inputs(of: first).isEmpty ? times.start(last) : times.start(first)
      closing.append((.offload, start..<times.end(last)))
    }
    return closing.sorted { $0.1.lowerBound < $1.1.lowerBound }
  }

  /// Idle time of the rank in the counterfactual before its cell at an index, or at its end.
  private func scheduleIdle(_ rank: Int, before place: Int) -> SimDuration {
    guard let counterfactual else { return .zero }
    let spans = counterfactual.ranks[rank]
    let start = place < spans.count ? spans[place].start : counterfactual.makespan
    return SimDuration(picoseconds: start - (place > 0 ? spans[place - 1].end : 0))
  }

  /// The part of the wait before the first operation of a cell during which its latest input was in
  /// transit; nil if that is no transfer.
  private func lastTransit(
    before operation: OperationID, from clock: SimTime
  ) -> (operation: OperationID, time: SimDuration)? {
    guard let latest = latest(program.inputs(of: operation), where: { _ in true }) else {
      return nil
    }
    let kind = program[label: latest].kind
    guard kind == .send || kind == .unitGather else { return nil }
    return (latest, max(.zero, times.end(latest) - max(times.start(latest), clock)))
  }

  /// How long the communication stream waited for slower GPUs, without interruption, before an
  /// exchange that an operation of the same cell needs.
  private func expertDelay(of exchange: OperationID, rank: Int) -> SimDuration {
    let label = program[label: exchange]
    guard balancedWaits != nil, label.kind.sharesGPU else { return .zero }
    let stream = program.stream(.communication, rank: rank)
    var place = position(of: exchange, in: stream)
    var delay = times.waiting(exchange)
    while place > 0 {
      let (earlier, later) = (stream[place - 1], stream[place])
      guard program[label: earlier].cell == label.cell,
        times.end(earlier) == times.start(later)
      else { break }
      delay += times.waiting(earlier)
      place -= 1
    }
    return delay
  }

  /// The last exchange to end among those that an operation needs inside its cell.
  private func lastExchange(before operation: OperationID) -> OperationID? {
    latest(program.inputs(of: operation)) { Self.exposed($0) != nil }
  }

  /// The last operation to end among those of certain kinds; the first of equal ones.
  @inline(__always)
  private func latest(
    _ operations: [OperationID], where isCounted: (OperationKind) -> Bool
  ) -> OperationID? {
    var latest: OperationID?
    for operation in operations where isCounted(program[label: operation].kind) {
      if let known = latest, times.end(known) >= times.end(operation) { continue }
      latest = operation
    }
    return latest
  }

  /// The index of an operation in its stream, whose operations have ascending numbers.
  private func position(of operation: OperationID, in stream: [OperationID]) -> Int {
    var (low, high) = (0, stream.count)
    while low < high {
      let middle = (low + high) / 2
      if stream[middle] < operation { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The activity for waiting on an exchange or the host inside a cell; nil for other operations.
  static func exposed(_ kind: OperationKind) -> Activity? {
    switch kind {
    case .dispatch: .exposedDispatch
    case .combine: .exposedCombine
    case .contextExchange, .contextGather, .contextScatter, .headExchange: .exposedContext
    case .tensorGather, .tensorScatter, .tensorSum, .expertGather, .expertScatter: .exposedTensor
    case .unitGather: .exposedParameters
    case .launch, .synchronisation: .host
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
}
