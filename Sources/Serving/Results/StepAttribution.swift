// What the compute stream of each GPU does in every instant of a step: computes, waits for its own
// exchange, or waits for a GPU with more load.
//
// A gap ends when the last input is there. It is the imbalance's while the own exchange stands
// ready and waits for others to begin, and once the own exchange and those of GPUs with degraded
// ports are over; the rest is exposed communication.

import Execution
import Recording
import Units

/// The times of a step by GPU and activity.
struct StepAttribution {
  let program: InferenceProgram
  let times: StreamTimes
  /// Whether experts are unevenly loaded; else nobody waits for a more loaded GPU.
  var isUneven = true
  /// Members with degraded ports.
  var slow: [Int] = []

  /// Dispatches and combines once all GPUs that start them together are there, mean over GPUs.
  var exchangeSeconds: Double {
    times.meanSeconds(
      exchanges: program.labels.indices.filter { program.labels[$0].kind.isExchange }, ranks: 1)
  }

  /// A bar for each operation of the first member that takes time.
  var spans: [Span] {
    program.labels.enumerated().compactMap { index, label -> Span? in
      guard times.duration(index) > 0 else { return nil }
      return Span(
        rank: 0, member: times.member,
        stream: Self.name(ofStream: Int(program.operations[index].stream)),
        label: label.kind.rawValue, phase: .forwardAlone, stage: -1,
        microbatch: label.microbatch, start: SimTime(picoseconds: times.start(index)),
        end: SimTime(picoseconds: times.end(index)))
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
    var sums = [Int64](repeating: 0, count: Activity.allCases.count)
    func add(_ activity: Activity, _ time: Int64) {
      sums[Activity.allCases.firstIndex(of: activity) ?? 0] += time
    }
    var end: Int64 = 0
    for index in program.streams.stream(0, rank: 0) {
      let start = times.start(index)
      if start > end { wait(end..<start, before: index, times, add) }
      add(.compute, times.duration(index))
      end = times.end(index)
    }
    // Only a more loaded GPU ends later: the last piece of the step is a head.
    if times.makespan > end { add(.expertImbalance, times.makespan - end) }
    return zip(Activity.allCases, sums).compactMap { activity, time in
      time > 0
        ? RankTime(
          rank: 0, member: times.member, gpus: times.gpus, phase: .forwardAlone,
          activity: activity, time: SimDuration(picoseconds: time)) : nil
    }
  }

  /// Divides a gap before an operation.
  private func wait(
    _ gap: Range<Int64>, before index: Int32, _ times: StreamTimes,
    _ add: (Activity, Int64) -> Void
  ) {
    let own = program.streams.inputs[Int(index)].first {
      program.labels[Int($0)].kind.isExchange
    }
    guard let own else { return add(.schedule, Int64(gap.count)) }
    var imbalance: Int64 = 0
    if isUneven {
      let begin = times.start(own)
      let parts = [begin..<begin + times.waiting(own), sent(own, times)..<times.end(own)]
      imbalance = parts.reduce(0) { $0 + Int64($1.clamped(to: gap).count) }
    }
    add(.expertImbalance, imbalance)
    add(
      program.labels[Int(own)].kind == .dispatch ? .exposedDispatch : .exposedCombine,
      Int64(gap.count) - imbalance)
  }

  /// When the member and those with degraded ports had sent their parts of an exchange.
  private func sent(_ exchange: Int32, _ times: StreamTimes) -> Int64 {
    slow.reduce(times.end(exchange) - times.lag(exchange)) { latest, member in
      let other = times.member(member)
      return max(latest, other.end(exchange) - other.lag(exchange))
    }
  }
}
