// The phases of whole training runs.

import Recording

extension RunPhaseUse: TableRow {
  static let table = Table.list(
    "run_phase", "The phases of a training run; means over replications.",
    """
    phase TEXT NOT NULL,
    schedule TEXT NOT NULL,
    sequence_length INTEGER NOT NULL,
    first_batch INTEGER NOT NULL,   -- sequences of its first step
    last_batch INTEGER NOT NULL,
    gpus INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    tokens REAL NOT NULL,           -- of all its steps
    surplus_tokens REAL NOT NULL,   -- beyond those that it was asked for
    step_s REAL NOT NULL,           -- of a step without failures, mean
    wall_s REAL NOT NULL,           -- without the queue
    gpu_hours REAL NOT NULL,        -- of job and spares
    gpu_hours_low REAL NOT NULL,    -- 95 % interval of the mean
    gpu_hours_high REAL NOT NULL,
    """, "UNIQUE (run, phase)")

  func bind(to row: inout RowBinder) {
    row.add(name, schedule, sequenceLength, firstBatch, lastBatch, gpus, steps, tokens)
    row.add(surplusTokens)
    row.add(stepSeconds, seconds, gpuHours, gpuHoursLow, gpuHoursHigh)
  }

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      name: row.get("phase"), schedule: row.get("schedule"),
      sequenceLength: row.get("sequence_length"),
      firstBatch: row.get("first_batch"), lastBatch: row.get("last_batch"), gpus: row.get("gpus"))
    steps = try row.get("steps")
    tokens = try row.get("tokens")
    surplusTokens = try row.get("surplus_tokens")
    stepSeconds = try row.get("step_s")
    seconds = try row.get("wall_s")
    gpuHours = try row.get("gpu_hours")
    gpuHoursLow = try row.get("gpu_hours_low")
    gpuHoursHigh = try row.get("gpu_hours_high")
  }
}
