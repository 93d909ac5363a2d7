// What the compute stream of each GPU does in every instant of a step: computes, waits for an
// exchange that is under way, or waits for a fuller GPU to begin one.

import Recording
import Units

/// The times of a step by GPU and activity.
struct StepAttribution {
  let program: InferenceProgram
  let times: InferenceTimes

  /// Dispatches and combines of the first GPU, together.
  var exchange: SimDuration {
    program.operations.filter { $0.gpu == 0 && $0.kind.isExchange }
      .reduce(SimDuration.zero) { $0 + $1.alone }
  }

  /// A bar for each operation that takes time, GPU by GPU.
  var spans: [Span] {
    (0..<program.gpuCount).flatMap { gpu in
      program.operations.enumerated().compactMap { index, operation -> Span? in
        guard operation.gpu == gpu, times.ends[index] > times.starts[index] else { return nil }
        return Span(
          rank: gpu, stream: operation.kind.isExchange ? "communication" : "compute",
          label: operation.kind.rawValue, phase: .forwardAlone, stage: -1,
          microbatch: operation.microbatch, start: SimTime(picoseconds: times.starts[index]),
          end: SimTime(picoseconds: times.ends[index]))
      }
    }
  }

  /// Rows that sum to the makespan on each GPU.
  var rankTimes: [RankTime] {
    (0..<program.gpuCount).flatMap { gpu in
      var sums = [Int64](repeating: 0, count: Activity.allCases.count)
      func add(_ activity: Activity, _ time: Int64) {
        sums[Activity.allCases.firstIndex(of: activity) ?? 0] += time
      }
      var end: Int64 = 0
      for (index, operation) in program.operations.enumerated()
      where operation.gpu == gpu && !operation.kind.isExchange {
        let start = times.starts[index]
        if start > end { wait(from: end, to: start, for: operation, add) }
        add(.compute, times.ends[index] - start)
        end = times.ends[index]
      }
      // Only a fuller GPU ends later: the last piece of the step is a head.
      if times.makespan > end { add(.expertImbalance, times.makespan - end) }
      return zip(Activity.allCases, sums).compactMap { activity, time in
        time > 0
          ? RankTime(
            rank: gpu, phase: .forwardAlone, activity: activity,
            time: SimDuration(picoseconds: time)) : nil
      }
    }
  }

  /// Divides a gap before an operation: until the exchange that it waits for starts, a fuller GPU
  /// is waited for; from then on the exchange is exposed.
  private func wait(
    from start: Int64, to end: Int64, for operation: StepOperation,
    _ add: (Activity, Int64) -> Void
  ) {
    guard let last = operation.inputs.max(by: { times.ends[$0] < times.ends[$1] }) else {
      return add(.schedule, end - start)
    }
    let begun = min(max(times.starts[last], start), end)
    // The exchange before it on the same stream may be what delays its start.
    let delayed = precedingExchange(of: last, from: start, to: begun)
    let activity: Activity =
      program.operations[last].kind == .dispatch ? .exposedDispatch : .exposedCombine
    add(.expertImbalance, begun - start - delayed)
    add(activity, end - begun + delayed)
  }

  /// Time in which the communication stream was busy with earlier exchanges.
  private func precedingExchange(of exchange: Int, from start: Int64, to end: Int64) -> Int64 {
    guard end > start else { return 0 }
    let gpu = program.operations[exchange].gpu
    var busy: Int64 = 0
    for (index, operation) in program.operations.enumerated()
    where index != exchange && operation.gpu == gpu && operation.kind.isExchange {
      busy += max(0, min(times.ends[index], end) - max(times.starts[index], start))
    }
    return busy
  }
}
