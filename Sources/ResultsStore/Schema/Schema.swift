// The schema of a results file. A new file has the tables as declared; an old file is migrated by
// the dated steps that it lacks. `user_version` counts the steps. Views are not part of the steps:
// they are recreated in files with different ones.

import GRDB
import Recording
import Routing
import Text

/// The schema that this program writes.
enum Schema {
  /// Every table, ordered so that each follows the tables that it references.
  static let tables: [Table] = [
    Provenance.table, RunClock.table, Setting.table, Metric.table, RankTime.table,
    CellTime.table, TrafficTime.table, MemoryUse.table, MemoryPoint.table, Span.table,
    Assumption.table, ExpertLoad.table, LayerLoad.table, PredictionError.table, Traffic.table,
    LinkUse.table, LinkLoad.table, RequestRecord.table, PoolUse.table, ServiceSample.table,
    RunPhaseUse.table, RunTime.table, RunReplication.table, RunStop.table, ExperimentHead.table,
    AxisRecord.table, DesignRecord.Range.table, TrialRecord.table, TrialParameter.table,
    Study.valueTable, Study.placementLayerTable, Study.placementSlotTable,
    Study.placementLoadTable, Study.redundancyLevelTable, Study.driftIntervalTable,
    Study.planRefusalTable, Study.planCandidateTable, Study.planChangeTable, Study.planNoteTable,
    RoutingTrace.table, RoutingTrace.domainTable, RoutingTrace.layerTable,
    RoutingTrace.Step.table, RoutingTrace.Decisions.table, LoadProfile.table,
  ]

  /// The schema version: the number of steps.
  static var version: Int32 { Int32(migrations.count) }

  /// The application ID in the SQLite header that identifies results files: "DSV3" in ASCII.
  static let applicationID: Int32 = 0x4453_5633

  /// Brings a database to the current tables and views. Call it inside a transaction that holds the
  /// write lock, so that two processes cannot both do it.
  ///
  /// - Throws: `StoreProblem.newer` if the file has more steps than the program.
  static func bringUpToDate(_ database: Database, path: String) throws {
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard found <= migrations.count else {
      throw StoreProblem(
        .newer, path, "the file comes from a newer dsv3sim (format \(found))",
        "use the newer program")
    }
    if let trigger = try String.fetchOne(
      database, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
    {
      throw StoreProblem(
        .damaged, path, "the file has a trigger, \(quoted(trigger)), which would change results",
        "drop it, or use another file")
    }
    if found == 0 {
      for table in tables { try database.execute(sql: table.creation) }
      try mark(database, migrations.count)
    } else if found < migrations.count {
      try dropViews(database)
      try migrate(database, from: found, to: migrations.count)
    }
    try renewViews(database)
  }

  /// Runs the steps from one version to another.
  static func migrate(_ database: Database, from first: Int, to last: Int) throws {
    for step in migrations[first..<last] { try database.execute(sql: step.sql) }
    try mark(database, last)
  }

  private static func mark(_ database: Database, _ version: Int) throws {
    try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    try database.execute(sql: "PRAGMA user_version = \(version)")
  }

  /// Recreates the views, unless the file has exactly the current ones.
  private static func renewViews(_ database: Database) throws {
    let stored = try String.fetchAll(
      database, sql: "SELECT sql FROM sqlite_schema WHERE type = 'view'")
    guard !views.allSatisfy({ stored.contains($0.creation) }) else { return }
    try dropViews(database)
    for view in views { try database.execute(sql: view.creation) }
  }

  private static func dropViews(_ database: Database) throws {
    for view in views { try database.execute(sql: "DROP VIEW IF EXISTS \(view.name)") }
  }
}
