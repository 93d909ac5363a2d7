// Writing studies as rows, and reading them back. Each list of a study has a table with one column
// per named value, so writing and reading do not depend on the subject of the study.

import GRDB
import Recording

extension Study.Kind {
  /// The lists of a study with their tables; nil for kinds that are shown but not stored.
  fileprivate var tables: [(list: String, table: Table)]? {
    switch self {
    case .placement:
      [
        ("layers", Study.placementLayerTable), ("slots", Study.placementSlotTable),
        ("gpu_loads", Study.placementLoadTable),
      ]
    case .evaluation: [("layers", Study.placementLayerTable)]
    case .redundancy: [("levels", Study.redundancyLevelTable)]
    case .drift: [("intervals", Study.driftIntervalTable)]
    case .plan:
      [
        ("refusals", Study.planRefusalTable), ("candidates", Study.planCandidateTable),
        ("changes", Study.planChangeTable), ("notes", Study.planNoteTable),
      ]
    default: nil
    }
  }
}

extension ResultsStore {
  /// Stores a study as an experiment of its kind, in one transaction.
  ///
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for a problem
  ///   with the file.
  /// - Precondition: the study is of a kind that is stored.
  @discardableResult
  package func write(study: Study, named name: String) throws -> ExperimentID {
    guard let tables = study.kind.tables else { preconditionFailure("\(study.kind) is not kept") }
    return try transaction { database in
      let experiment = try ExperimentHead.insert(
        name: name, kind: study.kind.rawValue, hash: nil, trialCount: nil, into: database)
      let lists = tables.map(\.list)
      let values = study.values.members.filter { !lists.contains($0.name) }.map {
        name, value -> RecordValue in ["name": name, "value": value]
      }
      try Self.insert(values, into: Study.valueTable, of: experiment, database)
      for (list, table) in tables {
        try Self.insert(study.values[list].items, into: table, of: experiment, database)
      }
      return experiment
    }
  }

  private static func insert(
    _ rows: [RecordValue], into table: Table, of experiment: ExperimentID, _ database: Database
  ) throws {
    try database.insert(rows, into: table) { binder, position, row in
      binder.add(experiment.rawValue, position)
      for (_, value) in row.members {
        switch value {
        case .integer(let value): binder.bind(value)
        case .real(let value):
          guard value.isFinite else { throw BrokenInvariant(number: 12, "\(table.name): \(row)") }
          binder.bind(value)
        case .text(let value): binder.bind(value)
        case .bool(let value): binder.add(value)
        case .null, .array, .object: binder.bindNull()
        }
      }
    }
  }

  /// Returns the study of an experiment as it was written; nil if there is no such experiment or it
  /// is a comparison of runs.
  ///
  /// - Throws: `StoreProblem` if the file cannot be read.
  package func study(of experiment: ExperimentID) throws(StoreProblem) -> Study? {
    guard try hasColumn("kind", in: "experiment") else { return nil }
    let heads = try query("SELECT kind FROM experiment WHERE id = \(experiment.rawValue)")
    guard case .text(let name)? = heads.rows.first?.first, let kind = Study.Kind(rawValue: name),
      let tables = kind.tables
    else { return nil }
    var members = try rows(of: Study.valueTable, experiment).map { row in
      Self.member(row["name"].words, row["value"])
    }
    for (list, table) in tables {
      members.append((list, .array(try rows(of: table, experiment))))
    }
    return Study(kind, .object(members))
  }

  private func rows(
    of table: Table, _ experiment: ExperimentID
  ) throws(StoreProblem) -> [RecordValue] {
    let answer = try query(
      "SELECT * FROM \(table.name) WHERE experiment = \(experiment.rawValue) ORDER BY position")
    return answer.rows.map { values in
      .object(
        zip(answer.columns, values).dropFirst(2).map { Self.member($0, $1.recorded) })
    }
  }

  /// SQLite has no booleans: values are read as such if their name begins with `is_`.
  private static func member(
    _ name: String, _ value: RecordValue
  ) -> (name: String, value: RecordValue) {
    (name, name.hasPrefix("is_") && value.number != nil ? .bool(value.number == 1) : value)
  }
}
