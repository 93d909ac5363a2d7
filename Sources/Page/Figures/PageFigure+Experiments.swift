// Figures of experiments: comparisons, sweeps and plans.

extension PageFigure {
  static let experiments =
    [
      trade(
        "steps", "Time and memory",
        .init(name: "gpu_hours_per_trillion_tokens", statistic: "value"),
        .init(name: "peak_memory_bytes", statistic: "value", divisor: 1_073_741_824),
        ("GPU-hours per 10^12 tokens", "GiB on the fullest GPU")),
      trade(
        "inference", "Speed of a user and of a GPU", .init(name: "tpot_s", statistic: "value"),
        .init(name: "tokens_per_s_per_gpu", statistic: "value", isBetterHigh: true),
        ("seconds between tokens", "tokens/s of a GPU")),
      trade(
        "services", "Speed of a user and of a GPU",
        .init(name: "request_tpot_s", statistic: "p50"),
        .init(name: "output_tokens_per_s_per_gpu", statistic: "value", isBetterHigh: true),
        ("seconds between tokens, p50", "tokens/s of a GPU")),
      trade(
        "runs", "Time and money", .init(name: "run_days", statistic: "value"),
        .init(name: "run_cost_usd", statistic: "value"), ("days", "USD")),
      effects, load, trials, candidates, planRefusals, planNotes,
    ]

  /// A metric as a coordinate.
  private struct Coordinate {
    var name: String
    var statistic: String
    var divisor = 1
    /// Whether more of it is better; of all others less is.
    var isBetterHigh = false
  }

  private static func trade(
    _ id: String, _ title: String, _ x: Coordinate, _ y: Coordinate, _ axes: (x: String, y: String)
  ) -> PageFigure {
    PageFigure(
      id: "trade-\(id)", title: title,
      note: "One point per trial that ran. No trial is better in both than a point on the line.",
      scope: .experiment, form: .points, table: "trial", axes: axes,
      sql: """
        WITH point AS (
          SELECT
            x.value / \(x.divisor).0 AS x, y.value / \(y.divisor).0 AS y,
            (
              SELECT group_concat(value, ' ') FROM trial_parameter p
              WHERE p.experiment = t.experiment AND p.trial = t.position
            ) AS trial, t.run, t.position
          FROM trial t
          JOIN metric x
            ON x.run = t.run AND x.scope = 'all' AND x.name = '\(x.name)'
            AND x.statistic = '\(x.statistic)'
          JOIN metric y
            ON y.run = t.run AND y.scope = 'all' AND y.name = '\(y.name)'
            AND y.statistic = '\(y.statistic)'
          WHERE t.experiment = {experiment}
        )
        SELECT
          x, y, trial,
          coalesce(
            y \(y.isBetterHigh ? ">" : "<") \(y.isBetterHigh ? "max" : "min")(y) OVER (
              ORDER BY x, y \(y.isBetterHigh ? "DESC" : "ASC")
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 1) AS on_line,
          run
        FROM point ORDER BY position
        """)
  }

  private static let effects = PageFigure(
    id: "effects", title: "What each input does",
    note: "For each input, the figure that ranks comparisons, averaged over the trials that share a"
      + " value: the smallest and the largest average. Keys that vary together are one input. In a"
      + " tornado each input changes alone.",
    scope: .experiment, form: .ranges, table: "trial_parameter", axes: ("", "mean"),
    sql: """
      WITH headline AS (
        SELECT m.name FROM trial t JOIN metric m ON m.run = t.run
        WHERE t.experiment = {experiment} AND m.scope = 'all' AND m.statistic = 'value'
          AND m.name IN (
            'run_days', 'gpu_hours_per_trillion_tokens', 'tokens_per_s_per_node',
            'output_tokens_per_s_per_gpu')
        ORDER BY m.name <> 'run_days' LIMIT 1
      ), axis AS (
        SELECT keys, points, design FROM experiment_axis WHERE experiment = {experiment}
      ), part AS (
        SELECT
          p.trial, p.position, p.value,
          coalesce(iif(a.design IS NULL, replace(a.keys, ' ', ' + '), NULL), p.key) AS input
        FROM trial_parameter p
        LEFT JOIN axis a ON instr(' ' || a.keys || ' ', ' ' || p.key || ' ') > 0
        WHERE p.experiment = {experiment} AND p.key <> 'replication'
      ), point AS (
        SELECT trial, input, group_concat(value, ' ') AS value
        FROM (SELECT * FROM part ORDER BY trial, input, position) GROUP BY trial, input
      ), effect AS (
        SELECT p.input, p.value, avg(m.value) AS mean, h.name AS metric
        FROM point p
        JOIN trial t ON t.experiment = {experiment} AND t.position = p.trial
        JOIN headline h
        JOIN metric m
          ON m.run = t.run AND m.scope = 'all' AND m.name = h.name AND m.statistic = 'value'
        WHERE NOT EXISTS (SELECT 1 FROM axis WHERE design IS NOT NULL)
          OR (
            (SELECT group_concat(coalesce(design, '')) FROM axis WHERE keys <> 'replication')
              = 'tornado'
            AND (
              -- The trials of the base are the first ones.
              p.trial < coalesce((SELECT points FROM axis WHERE keys = 'replication'), 1)
              OR p.value <> (
                SELECT value FROM trial_parameter base
                WHERE base.experiment = {experiment} AND base.trial = 0 AND base.key = p.input)))
        GROUP BY p.input, p.value
      ), ranked AS (
        SELECT
          input, metric, mean,
          first_value(value) OVER (PARTITION BY input ORDER BY mean) AS least_at,
          first_value(value) OVER (PARTITION BY input ORDER BY mean DESC) AS greatest_at
        FROM effect
      )
      SELECT
        input, min(mean) AS least, max(mean) AS greatest,
        max(mean) - min(mean) AS swing, least_at, greatest_at, metric
      FROM ranked GROUP BY input HAVING count(*) > 1 ORDER BY swing DESC, input
      """)

  private static let load = PageFigure(
    id: "latency-over-load", title: "Latency over load",
    note: "Percentiles of trials that differ in the rate of requests.",
    scope: .experiment, form: .lines, table: "trial_parameter", axes: ("requests/s", "seconds"),
    sql: """
      SELECT
        CAST(replace(p.value, '_', '') AS REAL)
          / CASE WHEN p.value LIKE '%/min' THEN 60 WHEN p.value LIKE '%/h' THEN 3600 ELSE 1 END
          AS rate,
        m.name || ' ' || m.statistic AS latency, m.value AS seconds
      FROM trial_parameter p
      JOIN trial t ON t.experiment = p.experiment AND t.position = p.trial
      JOIN metric m ON m.run = t.run AND m.scope = 'all'
        AND m.name IN ('ttft_s', 'request_tpot_s') AND m.statistic IN ('p50', 'p99')
      WHERE p.experiment = {experiment} AND p.key = 'service.load.rate'
      ORDER BY latency, rate
      """)

  private static let trials = PageFigure(
    id: "trials", title: "Trials",
    note: "Every point of the experiment; those that did not run have their reason.",
    scope: .experiment, form: .table, table: "trial",
    sql: """
      SELECT
        t.position + 1 AS trial,
        (
          SELECT group_concat(key || '=' || value, ', ') FROM trial_parameter p
          WHERE p.experiment = t.experiment AND p.trial = t.position
        ) AS parameters,
        t.run, run.scenario_name AS scenario, run.schedule,
        (SELECT value FROM figure f WHERE f.run = t.run AND f.name = 'step_time_s') AS step_s,
        (SELECT value FROM figure f WHERE f.run = t.run AND f.name = 'mfu_causal') AS mfu,
        (SELECT value FROM figure f WHERE f.run = t.run AND f.name = 'bubble_ratio') AS bubble,
        t.refusal
      FROM trial t LEFT JOIN run ON run.id = t.run
      WHERE t.experiment = {experiment} ORDER BY t.position
      """)

  private static let candidates = PageFigure(
    id: "candidates", title: "Candidates of the plan",
    note: "Those with a place first; pruned ones have a proven bound that is not good enough.",
    scope: .experiment, form: .table, table: "plan_candidate", limit: 500,
    sql: """
      SELECT place, candidate, fate, value, low, high, bound, bounded_by, options, note
      FROM plan_candidate WHERE experiment = {experiment}
      ORDER BY place IS NULL, place, position
      """)

  private static let planRefusals = PageFigure(
    id: "plan-refusals", title: "What rules left out",
    note: "Layouts that a rule forbids, with an example of each.",
    scope: .experiment, form: .table, table: "plan_refusal",
    sql: """
      SELECT rule, refused, example, reason
      FROM plan_refusal WHERE experiment = {experiment} ORDER BY position
      """)

  private static let planNotes = PageFigure(
    id: "plan-notes", title: "Notes of the plan", note: "How the answer was found.",
    scope: .experiment, form: .table, table: "plan_note",
    sql: "SELECT text FROM plan_note WHERE experiment = {experiment} ORDER BY position")
}
