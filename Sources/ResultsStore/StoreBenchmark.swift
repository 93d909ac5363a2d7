// Rows per second of the store beside the plain C API, for `dsv3sim bench store`. Both write the
// same spans to the same schema with the same settings, one transaction into a new file.

import Foundation
import GRDB
import GRDBSQLite
import Recording
import Units

/// How fast timelines are stored.
public struct StoreBenchmark: Sendable {
  /// Rows per second through `ResultsStore.write`, file made and published included.
  public var storeRowsPerSecond: Double
  /// Rows per second of bare `sqlite3_bind`, `sqlite3_step` and `sqlite3_reset` calls.
  public var plainRowsPerSecond: Double
  /// Bytes of the results file per row.
  public var bytesPerRow: Double

  /// Stores `rowCount` spans both ways in a folder and removes the files.
  ///
  /// - Throws: `StoreProblem` when the folder does not take the files.
  public static func measure(rowCount: Int, folder: String) throws -> StoreBenchmark {
    let record = record(spanCount: rowCount)
    let path = "\(folder)/store-benchmark-\(getpid()).db"
    defer { StoreFile.remove(path) }
    let clock = ContinuousClock()
    let store = try clock.measure {
      let store = try ResultsStore(path: path)
      try store.write(record, clock: RunClock(startedAt: Date(), wallSeconds: 0))
    }
    var status = stat()
    stat(path, &status)
    let plainPath = path + "-plain"
    defer { StoreFile.remove(plainPath) }
    let database = try DatabaseQueue(path: plainPath)
    try database.write { try Schema.migrate($0, path: plainPath) }
    let plain = try clock.measure {
      try database.writeWithoutTransaction { try writePlain(record.spans, $0.sqliteConnection) }
      try database.close()
    }
    let rows = Double(rowCount)
    return StoreBenchmark(
      storeRowsPerSecond: rows / (store / .seconds(1)),
      plainRowsPerSecond: rows / (plain / .seconds(1)),
      bytesPerRow: Double(status.st_size) / rows)
  }

  /// A record with the labels and the order of a real timeline: rank after rank, two streams.
  static func record(spanCount: Int) -> RunRecord {
    let labels = ["attention", "dispatch", "experts", "combine"]
    let spans = (0..<spanCount).map { index in
      Span(
        rank: index / 65_536, stream: index % 2 == 0 ? "compute" : "communication",
        label: labels[index % 4], phase: Phase.allCases[index / 8 % 4], stage: index % 16,
        microbatch: index / 64 % 120, start: SimTime(picoseconds: Int64(index) * 1_000_000),
        end: SimTime(picoseconds: Int64(index) * 1_000_000 + 900_000))
    }
    return RunRecord(
      provenance: Provenance(
        scenarioName: "benchmark", scenarioText: "", scenarioHash: "", seed: 0,
        programVersion: "", question: "", schedule: ""),
      result: SimulationResult(stepTime: .zero, metrics: [], spans: spans))
  }

  private static func writePlain(_ spans: [Span], _ connection: SQLiteConnection?) throws {
    sqlite3_exec(
      connection,
      "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE; "
        + "INSERT INTO run VALUES (1, '', '', '', '0', '', '', '', 'complete', '')", nil, nil, nil)
    var statement: OpaquePointer?
    sqlite3_prepare_v2(
      connection, "INSERT INTO span VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &statement, nil)
    let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    for (position, row) in spans.enumerated() {
      sqlite3_bind_int64(statement, 1, Int64(position))
      sqlite3_bind_int64(statement, 2, Int64(row.rank))
      sqlite3_bind_text(statement, 3, row.stream, -1, copies)
      sqlite3_bind_text(statement, 4, row.label, -1, copies)
      sqlite3_bind_text(statement, 5, row.phase.rawValue, -1, copies)
      sqlite3_bind_int64(statement, 6, Int64(row.stage))
      sqlite3_bind_int64(statement, 7, Int64(row.microbatch))
      sqlite3_bind_int64(statement, 8, row.start.picoseconds)
      sqlite3_bind_int64(statement, 9, row.end.picoseconds)
      sqlite3_step(statement)
      sqlite3_reset(statement)
    }
    sqlite3_finalize(statement)
    let code = sqlite3_exec(connection, "COMMIT", nil, nil, nil)
    guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
  }
}
