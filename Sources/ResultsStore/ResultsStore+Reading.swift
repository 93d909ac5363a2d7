// Rows back to answers and records.

import Recording
import Units

/// A stored run in one line.
public struct StoredRun: Hashable, Sendable {
  /// The number of the run.
  public var id: RunID
  /// The name of its scenario.
  public var scenarioName: String
  /// Its schedule by catalogue name; empty where there is none.
  public var schedule: String
  /// Its seed.
  public var seed: UInt64
  /// Its fingerprint in hexadecimal.
  public var fingerprint: String
  /// Its start as ISO 8601 in UTC, or nil where it is not known.
  public var startedAt: String?
}

extension ResultsStore {
  /// Answers one SQL statement that only reads.
  ///
  /// - Throws: `StoreProblem` when the statement would write, is not valid, or takes longer than
  ///   the limit, and when the file cannot be read.
  public func query(
    _ sql: String, timeLimit: Duration = .seconds(60)
  ) throws(StoreProblem) -> ResultTable {
    try connection().answer(sql, timeLimit: timeLimit)
  }

  /// The connection for questions, opened with the first.
  func connection() throws(StoreProblem) -> QueryConnection {
    if let reader { return reader }
    guard try find() else { throw Self.missing(path) }
    let connection = try QueryConnection(file)
    reader = connection
    return connection
  }

  /// All runs, in the order of storage.
  public func runs() throws(StoreProblem) -> [StoredRun] {
    let table = try query(
      """
      SELECT id, scenario_name, schedule, seed, fingerprint, started_at
      FROM run LEFT JOIN run_clock ON run_clock.run = run.id ORDER BY id
      """)
    return try table.rows.map { values throws(StoreProblem) in
      var row = StoredRow(values: values, path: path)
      return StoredRun(
        id: RunID(rawValue: try row.integer()), scenarioName: try row.text(),
        schedule: try row.text(), seed: try row.seed(), fingerprint: try row.text(),
        startedAt: row.optionalText())
    }
  }

  /// The runs whose timeline was kept, in the order of storage.
  public func runsWithTimeline() throws(StoreProblem) -> [RunID] {
    let table = try query(
      "SELECT id FROM run WHERE EXISTS (SELECT 1 FROM span WHERE span.run = run.id) ORDER BY id")
    return try table.rows.map { values throws(StoreProblem) in
      var row = StoredRow(values: values, path: path)
      return RunID(rawValue: try row.integer())
    }
  }

  /// The record of a run as it was written, or nil where there is no such run.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  public func record(of run: RunID) throws(StoreProblem) -> RunRecord? {
    let id = run.rawValue
    guard let provenance = try provenance(of: id) else { return nil }
    let member = try column("member", of: "rank_time", or: "0")
    let gpus = try column("gpus", of: "rank_time", or: "1")
    let memoryGPUs = try column("gpus", of: "memory", or: "1")
    return RunRecord(
      provenance: provenance,
      metrics: try rows("name, value", of: "metric", id) { row throws(StoreProblem) in
        Metric(try row.named(MetricKind.self), try row.real())
      },
      rankTimes: try rows(
        "rank, \(member), \(gpus), phase, activity, time_ps", of: "rank_time", id
      ) { row throws(StoreProblem) in
        RankTime(
          rank: Int(try row.integer()), member: Int(try row.integer()),
          gpus: Int(try row.integer()), phase: try row.named(Phase.self),
          activity: try row.named(Activity.self),
          time: SimDuration(picoseconds: try row.integer()))
      },
      memory: try rows("rank, \(memoryGPUs), kind, bytes", of: "memory", id) {
        row throws(StoreProblem) in
        MemoryUse(
          rank: Int(try row.integer()), gpus: Int(try row.integer()),
          kind: try row.named(MemoryKind.self),
          bytes: Bytes(try row.real()))
      },
      spans: try spans(of: run), memoryPoints: try memoryPoints(of: run),
      expertLoads: try rows("layer, expert, gpu, rows", of: "expert_load", id) {
        row throws(StoreProblem) in
        ExpertLoad(
          layer: Int(try row.integer()), expert: Int(try row.integer()),
          gpu: Int(try row.integer()), rows: Int(try row.integer()))
      },
      network: try networkUse(of: run),
      assumptions: try rows("text", of: "assumption", id) { row throws(StoreProblem) in
        try row.text()
      })
  }

  /// The timeline of a run, in the order of the record; empty where none was kept.
  public func spans(of run: RunID) throws(StoreProblem) -> [Span] {
    let cursor = try spanCursor(of: run)
    var spans: [Span] = []
    while let span = try cursor.next() { spans.append(span) }
    return spans
  }

  /// The memory counters of a run's timeline, in the order of the record.
  ///
  /// Empty where none were kept, as in files of the first version, which had no place for them.
  public func memoryPoints(of run: RunID) throws(StoreProblem) -> [MemoryPoint] {
    let table = try query("SELECT 1 FROM sqlite_schema WHERE name = 'memory_time'")
    guard !table.rows.isEmpty else { return [] }
    return try rows("rank, time_ps, bytes", of: "memory_time", run.rawValue) {
      row throws(StoreProblem) in
      MemoryPoint(
        rank: Int(try row.integer()), time: SimTime(picoseconds: try row.integer()),
        bytes: Bytes(try row.real()))
    }
  }

  private func provenance(of id: Int64) throws(StoreProblem) -> Provenance? {
    let columns =
      "scenario_name, scenario_text, scenario_sha256, seed, program_version, schedule, fingerprint"
    let table = try query("SELECT \(columns) FROM run WHERE id = \(id)")
    guard let values = table.rows.first else { return nil }
    var row = StoredRow(values: values, path: path)
    return Provenance(
      scenarioName: try row.text(), scenarioText: try row.text(), scenarioHash: try row.text(),
      seed: try row.seed(), programVersion: try row.text(), schedule: try row.text(),
      fingerprint: try row.text())
  }

  /// A column of a table, or what stands for it in files that were made before it was added.
  func column(
    _ name: String, of table: String, or fallback: String
  ) throws(StoreProblem) -> String {
    let found = try query("SELECT 1 FROM pragma_table_info('\(table)') WHERE name = '\(name)'")
    return found.rows.isEmpty ? fallback : name
  }

  func rows<Element>(
    _ columns: String, of table: String, _ run: Int64,
    _ decode: (inout StoredRow) throws(StoreProblem) -> Element
  ) throws(StoreProblem) -> [Element] {
    let answer = try query("SELECT \(columns) FROM \(table) WHERE run = \(run) ORDER BY position")
    var elements: [Element] = []
    elements.reserveCapacity(answer.rows.count)
    for values in answer.rows {
      var row = StoredRow(values: values, path: path)
      elements.append(try decode(&row))
    }
    return elements
  }
}
