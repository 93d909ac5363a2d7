// The activity of each GPU's compute stream at every instant of a step: it computes, waits for its
// own exchange, for a more loaded GPU, or for another stage.
//
//     expert imbalance   while the GPU's part of the exchange is ready and others have not arrived,
//                        and after its part, and the parts of GPUs with degraded ports, have ended
//     exposed ...        the rest of a gap, which ends when its last input has arrived
//     pipeline transfer  while hidden states travel from the stage before
//     host               the host schedules the next step, and nothing else is left
//     schedule           the batch is in another stage

import Execution
import Recording
import Units

/// The times of a step by GPU and activity. An inference step only runs forward, so all rows of a
/// stage at work are in the phase `forwardAlone`; while the batch is in another stage, the phase is
/// `bubble`.
struct StepAttribution {
  let program: InferenceProgram
  let times: StreamTimes
  /// Whether experts are unevenly loaded; if not, no GPU waits for a more loaded one.
  var isUneven = true
  /// Members with degraded ports.
  var slow: [Int] = []

  /// A bar for each operation of the first member of each stage that takes time.
  var spans: [Span] {
    program.labels.enumerated().compactMap { index, label -> Span? in
      let operation = OperationID(index)
      guard times.duration(operation) > .zero else { return nil }
      return Span(
        rank: program.operations[index].rank, member: times.member,
        stream: name(ofStream: program.operations[index].stream),
        label: label.collective?.rawValue ?? label.kind.rawValue, phase: .forwardAlone, stage: -1,
        microbatch: label.microbatch, start: times.start(operation), end: times.end(operation))
    }
  }

  private func name(ofStream stream: Int) -> String {
    switch stream {
    case program.hostStream: "host"
    case 0: "compute"
    case 1: "communication"
    default: "communication_\(stream)"
    }
  }

  /// Rows that sum to the makespan on each GPU.
  var rankTimes: [RankTime] {
    (0..<program.streams.rankCount).flatMap { rank in
      times.members.flatMap { rows(of: $0, rank: rank) }
    }
  }

  /// Times of one GPU by phase and activity.
  private struct Sums {
    var work = EnumTable<Activity, SimDuration>(repeating: .zero)
    var bubble = EnumTable<Activity, SimDuration>(repeating: .zero)
  }

  private func rows(of times: StreamTimes, rank: Int) -> [RankTime] {
    var sums = Sums()
    var end = SimTime.zero
    for operation in program.streams.stream(0, rank: rank) {
      let start = times.start(operation)
      let isHost = program[label: operation].kind == .host
      if start > end {
        let late = isHost ? hostWait(end..<start, before: operation, times) : .zero
        sums.work[.host] += late
        if end < start - late { wait(end..<start - late, before: operation, times, &sums) }
      }
      sums.work[isHost ? .host : .compute] += times.duration(operation)
      end = times.end(operation)
    }
    if times.makespan > end {
      let rest = times.makespan - end
      // In the last stage only a more loaded GPU ends later: the last piece of a step is a head.
      if rank == program.streams.rankCount - 1 {
        sums.work[.expertImbalance] += rest
      } else {
        sums.bubble[.schedule] += rest
      }
    }
    func rows(_ phase: Phase, _ sums: EnumTable<Activity, SimDuration>) -> [RankTime] {
      Activity.allCases.compactMap { activity in
        sums[activity] > .zero
          ? RankTime(
            rank: rank, member: times.member, gpus: times.gpus, phase: phase,
            activity: activity, time: sums[activity]) : nil
      }
    }
    return rows(.forwardAlone, sums.work) + rows(.bubble, sums.bubble)
  }

  /// The part of a gap in which only the host had work left.
  private func hostWait(
    _ gap: Range<SimTime>, before operation: OperationID, _ times: StreamTimes
  ) -> SimDuration {
    let others = program.inputs(of: operation).filter { program[label: $0].kind != .scheduler }
    let ready = others.map { times.end($0) }.max() ?? gap.lowerBound
    return gap.upperBound - min(gap.upperBound, max(gap.lowerBound, ready))
  }

  /// Divides the gap before an operation between the exchanges that lead to it, the last one first.
  private func wait(
    _ gap: Range<SimTime>, before operation: OperationID, _ times: StreamTimes, _ sums: inout Sums
  ) {
    var left = gap
    var current = exchange(before: operation)
    while let own = current, !left.isEmpty {
      let next = exchange(before: own)
      let isSent = program[label: own].kind == .stage
      // The first of a chain of exchanges accounts for the wait until it could start; but a
      // stage has nothing to do before hidden states are on their way.
      let start = next == nil && !isSent ? left.lowerBound : times.start(own)
      let part = max(start, left.lowerBound)..<left.upperBound
      if part.lowerBound < part.upperBound { account(part, own, times, &sums) }
      left = left.lowerBound..<min(left.upperBound, max(left.lowerBound, part.lowerBound))
      current = isSent ? nil : next
    }
    guard !left.isEmpty else { return }
    if program.streams.rankCount > 1 {
      sums.bubble[.schedule] += left.upperBound - left.lowerBound
    } else {
      sums.work[.schedule] += left.upperBound - left.lowerBound
    }
  }

  /// The exchange that an operation waits for.
  private func exchange(before operation: OperationID) -> OperationID? {
    program.inputs(of: operation).first { program[label: $0].kind.isExchange }
  }

  /// Adds a wait for an exchange.
  private func account(
    _ gap: Range<SimTime>, _ own: OperationID, _ times: StreamTimes, _ sums: inout Sums
  ) {
    let length = gap.upperBound - gap.lowerBound
    var imbalance = SimDuration.zero
    if isUneven {
      let begin = times.start(own)
      let parts = [begin..<begin + times.waiting(own), sent(own, times)..<times.end(own)]
      for part in parts.map({ $0.clamped(to: gap) }) {
        imbalance += part.upperBound - part.lowerBound
      }
    }
    sums.work[.expertImbalance] += imbalance
    switch program[label: own].kind {
    case .stage: sums.bubble[.pipelineTransfer] += length - imbalance
    case .dispatch: sums.work[.exposedDispatch] += length - imbalance
    case .combine: sums.work[.exposedCombine] += length - imbalance
    default: sums.work[.exposedTensor] += length - imbalance
    }
  }

  /// When the member and those with degraded ports had sent their parts of an exchange.
  private func sent(_ exchange: OperationID, _ times: StreamTimes) -> SimTime {
    slow.reduce(times.end(exchange) - times.lag(exchange)) { latest, member in
      let other = times.member(member)
      return max(latest, other.end(exchange) - other.lag(exchange))
    }
  }
}
