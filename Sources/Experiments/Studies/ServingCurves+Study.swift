// The curves of a service as a record: one row per point, and the inputs of each unit.

import Recording

extension ServingCurves {
  /// The curves as a record.
  ///
  /// - Parameters:
  ///   - speed: what was measured on this machine: requests, user CPU seconds, and the greatest
  ///     memory of the process in bytes so far.
  ///   - workers: threads that compute the curves; the points do not depend on them.
  ///   - progress: called after each point with the number of those done and of all.
  package func study(
    speed: [(requests: Int, seconds: Double, peakBytes: Int)], workers: Int,
    progress: (Int, Int) -> Void = { _, _ in }
  ) -> Study {
    let measured = speed.map { each -> RecordValue in
      [
        "requests": each.requests, "cpu_s": each.seconds,
        "requests_per_cpu_s": Double(each.requests) / each.seconds,
        "peak_memory_bytes": each.peakBytes,
      ]
    }
    let units = ServingUnit.all.map { unit -> RecordValue in
      ["unit": unit.name, "attention_groups": unit.groups, "scenario": unit.scenario]
    }
    return Study(
      .servingCurves,
      [
        "speed": measured, "points": rows(workers: workers, progress: progress),
        "arrivals_s": Self.seconds, "requests_per_user": Self.rounds, "units": units,
      ])
  }
}
