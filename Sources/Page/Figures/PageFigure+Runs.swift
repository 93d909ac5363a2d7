// Figures of whole training runs.

extension PageFigure {
  static let runs = [
    PageFigure(
      id: "gpu-hours", title: "Where the GPU-hours go",
      note: "GPU-hours of job and spares by what the job does, mean over replications; they add up"
        + " to those of the phases. No GPU is held in the queue.",
      scope: .run, form: .waterfall, table: "run_category", axes: ("what", "GPU-hours"),
      sql: """
        SELECT
          c.category, sum(c.seconds / p.wall_s * p.gpu_hours) AS gpu_hours,
          100 * sum(c.seconds / p.wall_s * p.gpu_hours)
            / sum(sum(c.seconds / p.wall_s * p.gpu_hours)) OVER () AS percent
        FROM run_category c JOIN run_phase p ON p.run = c.run AND p.phase = c.phase
        WHERE c.run = {run} AND c.category <> 'queue' AND p.wall_s > 0
        GROUP BY c.category HAVING gpu_hours > 0 ORDER BY gpu_hours DESC
        """),
    PageFigure(
      id: "phases", title: "Phases",
      note: "In the order of the run; low and high are the 95 % interval of the mean.",
      scope: .run, form: .table, table: "run_phase",
      sql: """
        SELECT
          phase, schedule, steps, tokens, sequence_length, first_batch, last_batch, step_s,
          wall_s / 86400 AS days, gpu_hours, gpu_hours_low AS low, gpu_hours_high AS high
        FROM run_phase WHERE run = {run} ORDER BY position
        """),
    PageFigure(
      id: "replications", title: "Length of the run",
      note: "The share of replications, each with other failures, that end within a time.",
      scope: .run, form: .lines, table: "run_replication",
      axes: ("days", "share of replications"),
      sql: """
        SELECT
          wall_s / 86400 AS days, 'replications' AS series,
          row_number() OVER (ORDER BY wall_s) * 1.0 / count(*) OVER () AS share,
          failures, restarts, gpu_hours
        FROM run_replication WHERE run = {run} ORDER BY wall_s
        """),
    PageFigure(
      id: "stops", title: "Stops of the first replication",
      note: "Lost: work since the last checkpoint; down: until the job runs again.",
      scope: .run, form: .table, table: "run_stop",
      sql: """
        SELECT
          time_s / 86400 AS day, cause, nodes, lost_s, down_s, resumed_at_step
        FROM run_stop WHERE run = {run} ORDER BY position
        """),
  ]
}
