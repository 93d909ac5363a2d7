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
        .init(name: "tokens_per_s_per_gpu", statistic: "value"),
        ("seconds between tokens", "tokens/s of a GPU")),
      trade(
        "services", "Speed of a user and of a GPU",
        .init(name: "request_tpot_s", statistic: "p50"),
        .init(name: "output_tokens_per_s_per_gpu", statistic: "value"),
        ("seconds between tokens, p50", "tokens/s of a GPU")),
      trade(
        "runs", "Time and money", .init(name: "run_days", statistic: "value"),
        .init(name: "run_cost_usd", statistic: "value"), ("days", "USD")),
      load, trials, candidates, planRefusals, planNotes,
    ]

  /// A metric as a coordinate.
  private struct Coordinate {
    var name: String
    var statistic: String
    var divisor = 1
  }

  private static func trade(
    _ id: String, _ title: String, _ x: Coordinate, _ y: Coordinate, _ axes: (x: String, y: String)
  ) -> PageFigure {
    PageFigure(
      id: "trade-\(id)", title: title, note: "A point for each trial that ran.",
      scope: .experiment, form: .points, table: "trial", axes: axes,
      sql: """
        SELECT
          x.value / \(x.divisor).0 AS x, y.value / \(y.divisor).0 AS y,
          (
            SELECT group_concat(value, ' ') FROM trial_parameter p
            WHERE p.experiment = t.experiment AND p.trial = t.position
          ) AS trial, t.run
        FROM trial t
        JOIN metric x
          ON x.run = t.run AND x.scope = 'all' AND x.name = '\(x.name)'
          AND x.statistic = '\(x.statistic)'
        JOIN metric y
          ON y.run = t.run AND y.scope = 'all' AND y.name = '\(y.name)'
          AND y.statistic = '\(y.statistic)'
        WHERE t.experiment = {experiment} ORDER BY t.position
        """)
  }

  private static let load = PageFigure(
    id: "latency-over-load", title: "Latency over load",
    note: "Percentiles of trials that differ in the rate of requests.",
    scope: .experiment, form: .lines, table: "trial_parameter", axes: ("requests/s", "seconds"),
    sql: """
      SELECT
        CAST(p.value AS REAL) AS rate, m.name || ' ' || m.statistic AS latency, m.value AS seconds
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
        (SELECT value FROM metric m WHERE m.run = t.run AND m.name = 'step_time_s') AS step_s,
        (SELECT value FROM metric m WHERE m.run = t.run AND m.name = 'mfu_causal') AS mfu,
        (SELECT value FROM metric m WHERE m.run = t.run AND m.name = 'bubble_ratio') AS bubble,
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
