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
    try rows(
      """
      SELECT id, scenario_name, schedule, seed, fingerprint, started_at
      FROM run LEFT JOIN run_clock ON run_clock.run = run.id ORDER BY id
      """
    ) { row throws(StoreProblem) in
      StoredRun(
        id: RunID(rawValue: try row.integer()), scenarioName: try row.text(),
        schedule: try row.text(), seed: try row.seed(), fingerprint: try row.text(),
        startedAt: row.optionalText())
    }
  }

  /// A run by its number, or the last one; with a timeline if that is wanted.
  ///
  /// - Throws: `StoreProblem.noSuchRow` where there is none.
  public func run(
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

  /// The problem of a number that is not there.
  func missing(_ what: String, _ number: Int64, known: Int) -> StoreProblem {
    StoreProblem(
      .noSuchRow, path, "there is no \(what) \"\(number)\"", known > 0 ? "known: 1 to \(known)" : ""
    )
  }

  private func remedy(_ withTimeline: Bool) -> String {
    "make one with: dsv3sim run SCENARIO \(withTimeline ? "--timeline " : "")-o \(path)"
  }

  /// The numbers of the runs whose timeline was kept, in the order of storage.
  private func runsWithTimeline() throws(StoreProblem) -> [Int64] {
    try rows(
      "SELECT id FROM run WHERE EXISTS (SELECT 1 FROM span WHERE span.run = run.id) ORDER BY id"
    ) { row throws(StoreProblem) in try row.integer() }
  }

  /// The record of a run as it was written, or nil where there is no such run.
  ///
  /// - Parameter withTimeline: whether the bars and memory points that were kept are read too.
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  public func record(
    of run: RunID, withTimeline: Bool = true
  ) throws(StoreProblem) -> RunRecord? {
    guard let (provenance, fingerprint) = try provenance(of: run.rawValue) else { return nil }
    var result = try result(of: run.rawValue)
    result.fingerprint = fingerprint
    result.network = try networkUse(of: run)
    try readSums(of: run.rawValue, into: &result)
    if withTimeline {
      result.spans = try spans(of: run)
      result.memoryPoints = try memoryPoints(of: run)
    }
    return RunRecord(provenance: provenance, result: result)
  }

  private func result(of id: Int64) throws(StoreProblem) -> SimulationResult {
    let member = try column("member", of: "rank_time", or: "0")
    let gpus = try column("gpus", of: "rank_time", or: "1")
    let memoryGPUs = try column("gpus", of: "memory", or: "1")
    let metrics = try rows(
      // The second name is that of files from before a step of inference shared the first.
      "CASE name WHEN 'inference_step_time_s' THEN 'step_time_s' ELSE name END, value",
      of: "metric", id
    ) { row throws(StoreProblem) in
      Metric(try row.metricKind(), try row.real())
    }
    let stepTime = metrics.first { $0.kind == .stepTime }?.value ?? 0
    return SimulationResult(
      stepTime: SimDuration(seconds: stepTime), metrics: metrics,
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
      expertLoads: try rows("layer, expert, gpu, rows", of: "expert_load", id) {
        row throws(StoreProblem) in
        ExpertLoad(
          layer: Int(try row.integer()), expert: Int(try row.integer()),
          gpu: Int(try row.integer()), rows: Int(try row.integer()))
      },
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
    guard try hasTable("memory_time") else { return [] }
    return try rows("rank, time_ps, bytes", of: "memory_time", run.rawValue) {
      row throws(StoreProblem) in
      MemoryPoint(
        rank: Int(try row.integer()), time: SimTime(picoseconds: try row.integer()),
        bytes: Bytes(try row.real()))
    }
  }

  private func provenance(
    of id: Int64
  ) throws(StoreProblem) -> (Provenance, fingerprint: String)? {
    let knowsQuestions = try hasColumn("question", in: "run")
    // Files from before questions had names: only steps of training had a schedule.
    let question =
      knowsQuestions
      ? "question" : "CASE schedule WHEN '' THEN 'inference_step' ELSE 'training_step' END"
    let table = try query(
      "SELECT scenario_name, scenario_text, scenario_sha256, seed, program_version, schedule,"
        + " fingerprint, \(question) FROM run WHERE id = \(id)")
    guard let values = table.rows.first else { return nil }
    var settings: [Setting] = []
    if knowsQuestions {
      settings = try rows("key, value", of: "run_setting", id) { row throws(StoreProblem) in
        Setting(try row.text(), row.optionalText())
      }
    }
    var row = StoredRow(values: values, path: path)
    var provenance = Provenance(
      scenarioName: try row.text(), scenarioText: try row.text(), settings: settings,
      scenarioHash: try row.text(), seed: try row.seed(), programVersion: try row.text(),
      question: "", schedule: try row.text())
    let fingerprint = try row.text()
    provenance.question = try row.text()
    return (provenance, fingerprint)
  }

  /// Whether there is a table: files of older programs lack some.
  func hasTable(_ table: String) throws(StoreProblem) -> Bool {
    try !query("SELECT 1 FROM sqlite_schema WHERE name = '\(table)'").rows.isEmpty
  }

  /// Whether a table has a column: files of older programs lack some.
  func hasColumn(_ column: String, in table: String) throws(StoreProblem) -> Bool {
    try !query("SELECT 1 FROM pragma_table_info('\(table)') WHERE name = '\(column)'").rows.isEmpty
  }

  /// A column of a table, or what stands for it in files that were made before it was added.
  func column(
    _ name: String, of table: String, or fallback: String
  ) throws(StoreProblem) -> String {
    try hasColumn(name, in: table) ? name : fallback
  }

  /// Columns of the rows that a table keeps of a run, in the order of the record.
  func rows<Element>(
    _ columns: String, of table: String, _ run: Int64,
    _ decode: (inout StoredRow) throws(StoreProblem) -> Element
  ) throws(StoreProblem) -> [Element] {
    try rows("SELECT \(columns) FROM \(table) WHERE run = \(run) ORDER BY position", decode)
  }

  /// The rows of an answer.
  func rows<Element>(
    _ sql: String, _ decode: (inout StoredRow) throws(StoreProblem) -> Element
  ) throws(StoreProblem) -> [Element] {
    let answer = try query(sql)
    var elements: [Element] = []
    elements.reserveCapacity(answer.rows.count)
    for values in answer.rows {
      var row = StoredRow(values: values, path: path)
      elements.append(try decode(&row))
    }
    return elements
  }
}
