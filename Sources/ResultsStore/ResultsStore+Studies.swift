// Studies to rows and back. A list of a study is a table whose columns are the names of its rows,
// so that neither writing nor reading knows what a study is about.

import GRDB
import Recording

extension Study.Kind {
  /// The lists of a study that is kept, with their tables; nil for kinds that are only shown.
  fileprivate var tables: [(list: String, table: String)]? {
    switch self {
    case .placement:
      [("layers", "placement_layer"), ("slots", "placement_slot"), ("gpu_loads", "placement_load")]
    case .evaluation: [("layers", "placement_layer")]
    case .redundancy: [("levels", "redundancy_level")]
    case .drift: [("intervals", "drift_interval")]
    default: nil
    }
  }
}

extension ResultsStore {
  /// Stores a study as an experiment of its kind, in one transaction.
  ///
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for the file.
  /// - Precondition: a kind that is kept.
  @discardableResult
  public func write(study: Study, named name: String) throws -> ExperimentID {
    guard let tables = study.kind.tables else { preconditionFailure("\(study.kind) is not kept") }
    return try transaction { database in
      try database.execute(
        sql: """
          INSERT INTO experiment (name, kind, runs_before)
          VALUES (?, ?, (SELECT COALESCE(MAX(id), 0) FROM run))
          """, arguments: [name, study.kind.rawValue])
      let experiment = ExperimentID(rawValue: database.lastInsertedRowID)
      let lists = tables.map(\.list)
      let values = study.values.members.filter { !lists.contains($0.name) }.map {
        name, value -> RecordValue in ["name": name, "value": value]
      }
      try Self.insert(values, into: "study_value", of: experiment, database)
      for (list, table) in tables {
        try Self.insert(study.values[list].items, into: table, of: experiment, database)
      }
      return experiment
    }
  }

  private static func insert(
    _ rows: [RecordValue], into table: String, of experiment: ExperimentID, _ database: Database
  ) throws {
    try BulkInsert.fill(table, of: experiment.rawValue, rows, database) { insert, row in
      for (_, value) in row.members {
        switch value {
        case .integer(let value): insert.bind(value)
        case .real(let value):
          guard value.isFinite else { throw BrokenInvariant(number: 12, "\(table): \(row)") }
          insert.bind(value)
        case .text(let value): insert.bind(value)
        case .bool(let value): insert.bind(Int64(value ? 1 : 0))
        case .null, .array, .object: insert.bindNull()
        }
      }
      try insert.step()
    }
  }

  /// The study of an experiment as it was written; nil where there is no such experiment, or it is
  /// a comparison of runs.
  ///
  /// - Throws: `StoreProblem` when the file cannot be read.
  public func study(of experiment: ExperimentID) throws(StoreProblem) -> Study? {
    guard try hasColumn("kind", in: "experiment") else { return nil }
    let heads = try query("SELECT kind FROM experiment WHERE id = \(experiment.rawValue)")
    guard case .text(let name)? = heads.rows.first?.first, let kind = Study.Kind(rawValue: name),
      let tables = kind.tables
    else { return nil }
    var members = try rows(of: "study_value", experiment).map { row in
      Self.member(row["name"].words, row["value"])
    }
    for (list, table) in tables {
      members.append((list, .array(try rows(of: table, experiment))))
    }
    return Study(kind, .object(members))
  }

  private func rows(
    of table: String, _ experiment: ExperimentID
  ) throws(StoreProblem) -> [RecordValue] {
    let answer = try query(
      "SELECT * FROM \(table) WHERE experiment = \(experiment.rawValue) ORDER BY position")
    return answer.rows.map { values in
      .object(
        zip(answer.columns, values).dropFirst(2).map { Self.member($0, $1.recorded) })
    }
  }

  /// SQLite has no claims, only names that sound like them.
  private static func member(
    _ name: String, _ value: RecordValue
  ) -> (name: String, value: RecordValue) {
    (name, name.hasPrefix("is_") && value.number != nil ? .bool(value.number == 1) : value)
  }
}
