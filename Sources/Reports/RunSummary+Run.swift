// What only whole training runs have in the machine-readable summary: phases and time by category.

import Recording
import Units

extension RunSummary {
  /// Returns the members of a run's JSON; none for other questions.
  static func trainingRun(_ record: RunRecord) -> [(name: String, value: JSONValue)] {
    guard !record.run.phases.isEmpty else { return [] }
    let phases = record.run.phases.map { phase -> JSONValue in
      [
        "phase": phase.name, "schedule": phase.schedule, "sequence_length": phase.sequenceLength,
        "first_batch": phase.firstBatch, "last_batch": phase.lastBatch, "gpus": phase.gpus,
        "steps": phase.steps, "tokens": phase.tokens, "surplus_tokens": phase.surplusTokens,
        "step_s": phase.stepSeconds, "wall_s": phase.seconds, "gpu_hours": phase.gpuHours,
        "gpu_hours_low": phase.gpuHoursLow, "gpu_hours_high": phase.gpuHoursHigh,
      ]
    }
    let times = record.run.times.map { time -> JSONValue in
      ["phase": time.phase, "category": time.category.rawValue, "seconds": time.seconds]
    }
    let stops = record.run.stops.map { stop -> JSONValue in
      [
        "time_s": stop.seconds, "cause": stop.cause, "nodes": stop.nodes,
        "lost_s": stop.lostSeconds, "down_s": stop.downSeconds,
        "resumed_at_step": stop.resumedAtStep,
      ]
    }
    return [
      (name: "phases", value: .array(phases)), (name: "categories", value: .array(times)),
      (name: "replications", value: .integer(Int64(record.run.replications.count))),
      (name: "stops", value: .array(stops)),
    ]
  }
}
