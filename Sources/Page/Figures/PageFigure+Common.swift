// Figures of every kind of run.

extension PageFigure {
  static let summary = PageFigure(
    id: "summary", title: "Results",
    note: "Every figure of the run with its definition; low and high are the ends of its 90 %"
      + " interval, or of the 95 % interval of a mean over replications.",
    scope: .run, form: .table, table: "metric",
    sql: """
      SELECT
        m.name, m.scope, m.statistic, m.value, low.value AS low, high.value AS high, m.unit,
        m.definition
      FROM metric m
      LEFT JOIN metric low
        ON low.run = m.run AND low.name = m.name AND low.scope = m.scope
        AND low.statistic = iif(m.statistic = 'value', '', m.statistic || '.') || 'low'
      LEFT JOIN metric high
        ON high.run = m.run AND high.name = m.name AND high.scope = m.scope
        AND high.statistic = iif(m.statistic = 'value', '', m.statistic || '.') || 'high'
      WHERE m.run = {run} AND m.statistic NOT LIKE '%low' AND m.statistic NOT LIKE '%high'
      ORDER BY m.position
      """)

  static let assumptions = PageFigure(
    id: "assumptions", title: "Assumptions",
    note: "What the run assumes where nothing is published, and on what its kernel times rest.",
    scope: .run, form: .table, table: "assumption",
    sql: "SELECT text AS assumption FROM assumption WHERE run = {run} ORDER BY position")

  static let list = PageFigure(
    id: "runs", title: "Runs of the file",
    note: "The latest come first. Another run: dsv3sim report FILE --run NUMBER.",
    scope: .file, form: .table, table: "run", limit: 500,
    sql: """
      SELECT
        run.id AS run, scenario_name AS scenario, question, schedule, seed, started_at AS started,
        run_clock.wall_s, fingerprint
      FROM run LEFT JOIN run_clock ON run_clock.run = run.id
      ORDER BY run.id DESC
      """)
}
