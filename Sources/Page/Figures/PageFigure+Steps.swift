// Figures of steps: timeline, time, memory.

extension PageFigure {
  static let steps = [
    PageFigure(
      id: "timeline", title: "Timeline",
      note: "Operations of each simulated GPU, a line for each stream. Zoom with the wheel or + and"
        + " -, move by dragging or with the arrow keys, point at a bar for its times. Search"
        + " dims all other bars.",
      scope: .run, form: .timeline, table: "span", axes: ("seconds of the step", ""), limit: 0,
      sql: """
        SELECT rank, member, stream, label, phase, stage, microbatch, start_ps, end_ps
        FROM span WHERE run = {run} ORDER BY position
        """),
    PageFigure(
      id: "time-by-rank", title: "Time by rank",
      note: "What the GPUs of each rank do during the step, mean over those that it stands for;"
        + " exposed: computation waits for it.",
      scope: .run, form: .stacked, table: "rank_time", axes: ("rank", "seconds"),
      sql: """
        WITH simulated AS (
          SELECT DISTINCT rank, member, gpus FROM rank_time WHERE run = {run}
        ), size AS (SELECT rank, sum(gpus) AS gpus FROM simulated GROUP BY rank)
        SELECT
          t.rank, t.activity, sum(t.time_ps * t.gpus) / 1e12 / size.gpus AS seconds
        FROM rank_time t JOIN size ON size.rank = t.rank
        WHERE t.run = {run} GROUP BY t.rank, t.activity ORDER BY t.rank, min(t.position)
        """),
    PageFigure(
      id: "time-by-phase", title: "Time by phase and activity",
      note: "Mean over all GPUs; the parts add up to the step.",
      scope: .run, form: .bars, table: "rank_time", axes: ("part", "seconds"),
      sql: """
        WITH simulated AS (
          SELECT DISTINCT rank, member, gpus FROM rank_time WHERE run = {run}
        ), size AS (SELECT sum(gpus) AS gpus FROM simulated)
        SELECT
          phase || ': ' || activity AS part,
          sum(time_ps * rank_time.gpus) / 1e12 / size.gpus AS seconds,
          NULL AS low, NULL AS high,
          100.0 * sum(time_ps * rank_time.gpus)
            / sum(sum(time_ps * rank_time.gpus)) OVER () AS percent
        FROM rank_time, size WHERE run = {run}
        GROUP BY phase, activity HAVING sum(time_ps) > 0 ORDER BY seconds DESC
        """),
    PageFigure(
      id: "memory", title: "Memory by rank",
      note: "What the fullest GPU of each rank holds at its peak.",
      scope: .run, form: .stacked, table: "memory", axes: ("rank", "GiB"),
      sql: """
        SELECT rank, kind, bytes / 1073741824.0 AS gib, gpus
        FROM memory WHERE run = {run} AND bytes > 0 ORDER BY rank, position
        """),
    PageFigure(
      id: "memory-over-time", title: "Memory over time",
      note: "Bytes in use on each rank while the step runs; only with a stored timeline.",
      scope: .run, form: .lines, table: "memory_time", axes: ("seconds of the step", "GiB"),
      limit: 20_000,
      sql: """
        SELECT time_ps / 1e12 AS seconds, 'rank ' || rank AS rank, bytes / 1073741824.0 AS gib
        FROM memory_time WHERE run = {run} ORDER BY rank, position
        """),
    PageFigure(
      id: "draws", title: "What is not known exactly",
      note: "The time of the step or run, or a service's time per output token of a GPU, in draws"
        + " of kernels, clocks, links and hosts, over that at the best estimates: the share of"
        + " draws below each value.",
      scope: .run, form: .lines, table: "prediction_error",
      axes: ("time over the best estimate", "share of draws"),
      sql: """
        SELECT
          time_ratio, 'draws' AS series,
          row_number() OVER (ORDER BY time_ratio) * 1.0 / count(*) OVER () AS share
        FROM prediction_error WHERE run = {run} ORDER BY time_ratio
        """),
  ]
}
