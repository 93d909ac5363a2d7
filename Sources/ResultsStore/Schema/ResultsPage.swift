// The page of results, docs/results.md, generated from the schema and the catalogue of metrics.

import Recording

/// The tables, views and metrics of a results file as a page of documentation.
package enum ResultsPage {
  /// The page in Markdown, the same for every call.
  package static func markdown() -> String {
    """
    # Results

    What a results file holds. It is a SQLite database: `dsv3sim query FILE "SELECT ..."`, `sqlite3`
    and any library read it. This page is generated from the statements that create the tables, and
    from the catalogue of metrics, by `dsv3sim schema --results` (`make docs`).

    A run is a row of `run`; most other tables have its number in their column `run`. Times are
    integers in picoseconds (`_ps`), sizes in bytes. Experiments, made by `compare`, `sweep` and
    `plan`, have trials, and each trial names its run.

    ## Metrics

    The names in `metric` and in the view `figure`, with scope `all` and statistic `value` unless a
    pool, a rank or a percentile is meant.

    | name | unit | definition |
    |---|---|---|

    """ + MetricKind.all.map(row).joined() + "\n## Views\n" + Schema.views.map(section).joined()
      + "\n## Tables\n" + Schema.tables.map(section).joined()
  }

  private static func row(_ metric: MetricKind) -> String {
    let cells = ["`\(metric.name)`", metric.unit.symbol, metric.definition]
    return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
  }

  private static func section(_ table: Table) -> String {
    "\n### \(table.name)\n\n```sql\n\(table.creation)\n```\n"
  }
}
