// Queries on a results file, and reading the rows of its tables.

/// A one-line summary of a stored run.
package struct StoredRun: Hashable, Sendable {
  /// The run's number.
  package var id: RunID
  /// The name of its scenario.
  package var scenarioName: String
  /// The catalogue name of its schedule; empty if there is none.
  package var schedule: String
  /// Its seed.
  package var seed: UInt64
  /// Its fingerprint in hexadecimal.
  package var fingerprint: String
  /// Its start as ISO 8601 in UTC; nil if unknown.
  package var startedAt: String?
}

extension ResultsStore {
  /// Runs one read-only SQL statement.
  ///
  /// - Throws: `StoreProblem` if the statement would write, is not valid or exceeds the time limit,
  ///   or if the file cannot be read.
  package func query(
    _ sql: String, timeLimit: Duration = .seconds(60)
  ) throws(StoreProblem) -> ResultTable {
    try connection().answer(sql, timeLimit: timeLimit)
  }

  /// Returns a cursor over the rows of one read-only statement, for answers of any length; only one
  /// may be in use.
  ///
  /// - Throws: as `query(_:timeLimit:)`.
  package func cursor(
    _ sql: String, timeLimit: Duration = .seconds(60)
  ) throws(StoreProblem) -> RowCursor {
    try connection().cursor(sql, timeLimit: timeLimit)
  }

  /// Checks that the times of each GPU sum up to its run's step, as they were stored.
  ///
  /// - Throws: `StoreProblem` `damaged` if they do not.
  package func checkTimes() throws(StoreProblem) {
    let wrong: ResultTable
    do {
      wrong = try query(
        """
        SELECT gpu.run FROM (
          SELECT run, total(time_ps) / 1e12 AS seconds FROM rank_time GROUP BY run, rank, member
        ) gpu
        JOIN figure ON figure.run = gpu.run AND figure.name = 'step_time_s'
        WHERE abs(gpu.seconds - figure.value) > 1e-6 * figure.value LIMIT 1
        """)
    } catch  where error.kind == .badQuery {
      // A file of an older program has other columns.
      return
    }
    guard case .integer(let run)? = wrong.rows.first?.first else { return }
    throw StoreProblem(
      .damaged, path, "the file is damaged: times of run \(run) do not sum up to its step",
      "restore it from a copy")
  }

  /// Returns the connection for queries, opened on first use.
  func connection() throws(StoreProblem) -> QueryConnection {
    if let reader { return reader }
    guard try find() else { throw absence }
    let connection = try QueryConnection(file)
    reader = connection
    return connection
  }

  /// Returns all runs, in storage order.
  package func runs() throws(StoreProblem) -> [StoredRun] {
    try rows(
      """
      SELECT id, scenario_name, schedule, seed, fingerprint, started_at
      FROM run LEFT JOIN run_clock ON run_clock.run = run.id ORDER BY id
      """
    ) { row throws(StoreProblem) in
      try StoredRun(
        id: RunID(rawValue: row.get("id")), scenarioName: row.get("scenario_name"),
        schedule: row.get("schedule"), seed: row.get("seed"), fingerprint: row.get("fingerprint"),
        startedAt: row.get("started_at"))
    }
  }

  /// Returns the run with a number, or the last run; with `withTimeline`, one that has a timeline.
  ///
  /// - Throws: `StoreProblem.noSuchRow` if there is none.
  package func run(
    _ number: Int64? = nil, withTimeline: Bool = false
  ) throws(StoreProblem) -> StoredRun {
    let runs = try self.runs()
    let kept = withTimeline ? try runsWithTimeline() : runs.map(\.id.rawValue)
    let wanted = number ?? kept.last
    guard let run = runs.first(where: { $0.id.rawValue == wanted }) else {
      if let number { throw missing("run", number, known: runs.count) }
      let what = "no run here" + (withTimeline ? " has a timeline" : "")
      throw StoreProblem(.noSuchRow, path, what, remedy(withTimeline))
    }
    guard kept.contains(run.id.rawValue) else {
      throw StoreProblem(
        .noSuchRow, path, "run \(run.id.rawValue) has no timeline", remedy(withTimeline))
    }
    return run
  }

  /// Returns the problem of a number that does not exist.
  func missing(_ what: String, _ number: Int64, known: Int) -> StoreProblem {
    StoreProblem(
      .noSuchRow, path, "there is no \(what) \"\(number)\"", known > 0 ? "known: 1 to \(known)" : ""
    )
  }

  /// Returns the problem of an experiment that does not exist.
  ///
  /// - Throws: `StoreProblem` if the file cannot be read.
  package func missingExperiment(_ number: Int64) throws(StoreProblem) -> StoreProblem {
    missing("experiment", number, known: try query("SELECT 1 FROM experiment").rows.count)
  }

  private func remedy(_ withTimeline: Bool) -> String {
    "make one with: dsv3sim run SCENARIO \(withTimeline ? "--timeline " : "")-o \(path)"
  }

  /// Returns the numbers of the runs with a stored timeline, in storage order.
  private func runsWithTimeline() throws(StoreProblem) -> [Int64] {
    try rows(
      "SELECT id FROM run WHERE EXISTS (SELECT 1 FROM span WHERE span.run = run.id) ORDER BY id"
    ) { row throws(StoreProblem) in try row.get("id") }
  }

  /// Whether a table exists; files from older programs lack some.
  func hasTable(_ table: String) throws(StoreProblem) -> Bool {
    try !query("SELECT 1 FROM sqlite_schema WHERE name = '\(table)'").rows.isEmpty
  }

  /// Whether a table has a column; files from older programs lack some.
  func hasColumn(_ column: String, in table: String) throws(StoreProblem) -> Bool {
    try !query("SELECT 1 FROM pragma_table_info('\(table)') WHERE name = '\(column)'").rows.isEmpty
  }

  /// Returns a run's rows of a list table, in order; empty in older files without that table.
  func list<Row: TableRow>(of run: Int64) throws(StoreProblem) -> [Row] {
    let name = Row.table.name
    guard try hasTable(name) else { return [] }
    return try rows("SELECT * FROM \(name) WHERE run = \(run) ORDER BY position") {
      row throws(StoreProblem) in try Row(from: &row)
    }
  }

  /// Runs a query and decodes its rows.
  func rows<Element>(
    _ sql: String, _ decode: (inout StoredRow) throws(StoreProblem) -> Element
  ) throws(StoreProblem) -> [Element] {
    let answer = try query(sql)
    var elements: [Element] = []
    elements.reserveCapacity(answer.rows.count)
    for values in answer.rows {
      var row = StoredRow(columns: answer.columns, values: values, path: path)
      elements.append(try decode(&row))
    }
    return elements
  }
}
