// The activity of each GPU's compute stream at every instant of a step: it computes, waits for its
// own exchange, or waits for a more loaded GPU.
//
//     expert imbalance   while the GPU's part of the exchange is ready and others have not arrived,
//                        and after its part, and the parts of GPUs with degraded ports, have ended
//     exposed ...        the rest of a gap, which ends when its last input has arrived

import Execution
import Recording
import Units

/// The times of a step by GPU and activity. An inference step only runs forward, so all of its rows
/// are in the phase `forwardAlone`.
struct StepAttribution {
  let program: InferenceProgram
  let times: StreamTimes
  /// Whether experts are unevenly loaded; if not, no GPU waits for a more loaded one.
  var isUneven = true
  /// Members with degraded ports.
  var slow: [Int] = []

  /// A bar for each operation of the first member that takes time.
  var spans: [Span] {
    program.labels.enumerated().compactMap { index, label -> Span? in
      let operation = OperationID(index)
      guard times.duration(operation) > .zero else { return nil }
      return Span(
        rank: 0, member: times.member,
        stream: Self.name(ofStream: program.operations[index].stream),
        label: label.kind.rawValue, phase: .forwardAlone, stage: -1,
        microbatch: label.microbatch, start: times.start(operation), end: times.end(operation))
    }
  }

  private static func name(ofStream stream: Int) -> String {
    switch stream {
    case 0: "compute"
    case 1: "communication"
    default: "communication_\(stream)"
    }
  }

  /// Rows that sum to the makespan on each GPU.
  var rankTimes: [RankTime] { times.members.flatMap { rows(of: $0) } }

  private func rows(of times: StreamTimes) -> [RankTime] {
    var sums = EnumTable<Activity, SimDuration>(repeating: .zero)
    var end = SimTime.zero
    for operation in program.streams.stream(0, rank: 0) {
      let start = times.start(operation)
      if start > end { wait(end..<start, before: operation, times, &sums) }
      sums[.compute] += times.duration(operation)
      end = times.end(operation)
    }
    // Only a more loaded GPU ends later: the last piece of the step is a head.
    if times.makespan > end { sums[.expertImbalance] += times.makespan - end }
    return Activity.allCases.compactMap { activity in
      sums[activity] > .zero
        ? RankTime(
          rank: 0, member: times.member, gpus: times.gpus, phase: .forwardAlone,
          activity: activity, time: sums[activity]) : nil
    }
  }

  /// Divides the gap before an operation.
  private func wait(
    _ gap: Range<SimTime>, before operation: OperationID, _ times: StreamTimes,
    _ sums: inout EnumTable<Activity, SimDuration>
  ) {
    let length = gap.upperBound - gap.lowerBound
    guard
      let own = program.inputs(of: operation).first(where: { program[label: $0].kind.isExchange })
    else {
      sums[.schedule] += length
      return
    }
    var imbalance = SimDuration.zero
    if isUneven {
      let begin = times.start(own)
      let parts = [begin..<begin + times.waiting(own), sent(own, times)..<times.end(own)]
      for part in parts.map({ $0.clamped(to: gap) }) {
        imbalance += part.upperBound - part.lowerBound
      }
    }
    sums[.expertImbalance] += imbalance
    sums[program[label: own].kind == .dispatch ? .exposedDispatch : .exposedCombine] +=
      length - imbalance
  }

  /// When the member and those with degraded ports had sent their parts of an exchange.
  private func sent(_ exchange: OperationID, _ times: StreamTimes) -> SimTime {
    slow.reduce(times.end(exchange) - times.lag(exchange)) { latest, member in
      let other = times.member(member)
      return max(latest, other.end(exchange) - other.lag(exchange))
    }
  }
}
