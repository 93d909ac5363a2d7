// What the compute stream of each GPU does in every instant of a step: computes, waits for its own
// exchange, or waits for a fuller GPU's.
//
// A gap ends when the last input is there. It is the fuller GPU's while the own exchange stands
// ready and waits for it to begin, and once the own exchange and those of GPUs with degraded ports
// are over; the rest is exposed.

import Execution
import Recording
import Units

/// The times of a step by GPU and activity.
struct StepAttribution {
  let program: InferenceProgram
  let times: StreamTimes

  /// Dispatches and combines of the first GPU, together.
  var exchange: SimDuration {
    var sum: Int64 = 0
    for (index, label) in program.labels.enumerated()
    where label.kind.isExchange && program.operations[index].rank == 0 {
      sum += times.duration(index)
    }
    return SimDuration(picoseconds: sum)
  }

  /// A bar for each operation that takes time, GPU by GPU.
  var spans: [Span] {
    (0..<program.gpuCount).flatMap { gpu in
      program.labels.enumerated().compactMap { index, label -> Span? in
        let operation = program.operations[index]
        guard operation.rank == gpu, times.duration(index) > 0 else { return nil }
        return Span(
          rank: gpu, stream: Self.name(ofStream: Int(operation.stream)),
          label: label.kind.rawValue, phase: .forwardAlone, stage: -1,
          microbatch: label.microbatch, start: SimTime(picoseconds: times.start(index)),
          end: SimTime(picoseconds: times.end(index)))
      }
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
  var rankTimes: [RankTime] {
    (0..<program.gpuCount).flatMap { gpu in
      var sums = [Int64](repeating: 0, count: Activity.allCases.count)
      func add(_ activity: Activity, _ time: Int64) {
        sums[Activity.allCases.firstIndex(of: activity) ?? 0] += time
      }
      var end: Int64 = 0
      for index in program.streams.stream(0, rank: gpu) {
        let start = times.start(index)
        if start > end { wait(from: end, to: start, before: index, gpu: gpu, add) }
        add(.compute, times.duration(index))
        end = times.end(index)
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

  /// Divides a gap before an operation.
  private func wait(
    from start: Int64, to end: Int64, before index: Int32, gpu: Int,
    _ add: (Activity, Int64) -> Void
  ) {
    let own = program.streams.inputs[Int(index)].first {
      program.operations[Int($0)].rank == gpu && program.labels[Int($0)].kind.isExchange
    }
    guard let own else { return add(.schedule, end - start) }
    // When the exchange could have begun, and did as far as other GPUs let it.
    let ready = latestInput(of: own) { $0 == gpu }
    let others = min(latestInput(of: own) { $0 != gpu }, end)
    let before = max(0, others - max(start, ready))
    let exchanged = program.streams.inputs[Int(index)].reduce(times.end(own)) { latest, input in
      let isSlow = program.slowGPUs.contains(Int(program.operations[Int(input)].rank))
      return isSlow ? max(latest, times.end(input)) : latest
    }
    let after = end - min(end, max(exchanged, start))
    let imbalance = min(end - start, before + after)
    add(.expertImbalance, imbalance)
    add(
      program.labels[Int(own)].kind == .dispatch ? .exposedDispatch : .exposedCombine,
      end - start - imbalance)
  }

  /// The end of the last input of an operation on the GPUs that are asked for; 0 without any.
  private func latestInput(of index: Int32, where isCounted: (Int32) -> Bool) -> Int64 {
    program.streams.inputs[Int(index)].reduce(0) { latest, input in
      isCounted(program.operations[Int(input)].rank) ? max(latest, times.end(input)) : latest
    }
  }
}
