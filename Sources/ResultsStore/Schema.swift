// The schema of a results file as a list of dated migrations. A file states how many of them it has
// in `user_version`; the steps it lacks run in the transaction of the next write.

import GRDB

/// One step from a version of the schema to the next.
struct Migration {
  /// The day the step was written, as YYYY-MM-DD. Dates never go back along the list.
  var date: String
  /// The statements of the step.
  var sql: String
}

/// The schema that this program writes.
enum Schema {
  /// Every step, oldest first. A step that was released is never edited; add another.
  static let migrations = [
    Migration(date: "2026-11-24", sql: firstTables + firstViews),
    Migration(date: "2026-11-25", sql: expertLoads),
    Migration(date: "2026-11-25", sql: memoryTimeTable),
    Migration(date: "2026-11-25", sql: networkTables),
    Migration(date: "2026-11-25", sql: routingTraces),
    Migration(date: "2026-11-25", sql: loadProfiles),
    Migration(date: "2026-11-25", sql: linkNames),
    Migration(date: "2026-11-27", sql: members),
    Migration(date: "2026-11-27", sql: questions),
    Migration(date: "2026-11-27", sql: studyTables),
    Migration(date: "2026-11-27", sql: sums),
  ]

  /// The version of the schema: the number of steps.
  static var version: Int32 { Int32(migrations.count) }

  /// The number that marks our files, in the head of the SQLite file: "DSV3" in ASCII.
  static let applicationID: Int32 = 0x4453_5633

  /// Brings a database to the last of the steps. Call it inside a transaction that holds the lock,
  /// so that two programs cannot both do it.
  ///
  /// - Throws: `StoreProblem.newer` when the file has more steps than the program.
  static func migrate(
    _ database: Database, path: String, steps: [Migration] = migrations
  ) throws {
    let found = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
    guard found <= steps.count else {
      throw StoreProblem(
        .newer, path, "the file comes from a newer dsv3sim (format \(found))",
        "use the newer program")
    }
    guard found < steps.count else { return }
    for step in steps[found...] { try database.execute(sql: step.sql) }
    try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    try database.execute(sql: "PRAGMA user_version = \(steps.count)")
  }
}
