// Records to rows. Everything is checked before the first row, and written in the record's order.

import Foundation
import GRDB
import Recording
import Units

extension ResultsStore {
  /// Stores a run and its wall-clock facts in one transaction.
  ///
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for the file.
  @discardableResult
  public func write(_ record: RunRecord, clock: RunClock) throws -> RunID {
    try Self.checkFinite(record)
    return try transaction { try Self.insert(record, clock: clock, into: $0) }
  }

  static func checkFinite(_ record: RunRecord) throws(BrokenInvariant) {
    for metric in record.metrics where !metric.value.isFinite {
      throw BrokenInvariant(number: 12, "\(metric.name) is \(metric.value)")
    }
    for row in record.memory where !row.bytes.value.isFinite {
      throw BrokenInvariant(
        number: 12, "memory for \(row.kind.rawValue) on rank \(row.rank) is \(row.bytes.value)")
    }
  }

  static func insert(
    _ record: RunRecord, clock: RunClock?, into database: Database
  ) throws -> RunID {
    let origin = record.provenance
    try database.execute(
      sql: "INSERT INTO run VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, 'complete', ?)",
      arguments: [
        origin.scenarioName, origin.scenarioText, origin.scenarioHash, String(origin.seed),
        origin.programVersion, origin.schedule, record.fingerprint, origin.question,
      ])
    let run = RunID(rawValue: database.lastInsertedRowID)
    if let clock {
      try database.execute(
        sql: "INSERT INTO run_clock VALUES (?, ?, ?)",
        arguments: [run.rawValue, clock.startedAt.ISO8601Format(), clock.wallSeconds])
    }
    try insertRows(of: record, run: run.rawValue, into: database)
    try insertSums(record.result, run: run.rawValue, into: database)
    try insertNetwork(record.network, run: run.rawValue, into: database)
    return run
  }

  private static func insertRows(
    of record: RunRecord, run: Int64, into database: Database
  ) throws {
    try BulkInsert.fill("run_setting", of: run, record.provenance.settings, database) {
      try $0.insert($1.key, $1.value)
    }
    try BulkInsert.fill("metric", of: run, record.metrics, database) {
      try $0.insert($1.kind.name, $1.value, $1.kind.unit.symbol, $1.kind.definition)
    }
    try BulkInsert.fill("rank_time", of: run, record.rankTimes, database) {
      try $0.insert(
        $1.rank, $1.member, $1.gpus, $1.phase.rawValue, $1.activity.rawValue, $1.time.picoseconds)
    }
    try BulkInsert.fill("memory", of: run, record.memory, database) {
      try $0.insert($1.rank, $1.kind.rawValue, $1.bytes.value, $1.gpus)
    }
    try BulkInsert.fill("span", of: run, record.spans, database) {
      try $0.insert(
        $1.rank, $1.stream, $1.label, $1.phase.rawValue, $1.stage, $1.microbatch,
        $1.start.picoseconds, $1.end.picoseconds, $1.member)
    }
    try BulkInsert.fill("expert_load", of: run, record.expertLoads, database) {
      try $0.insert($1.layer, $1.expert, $1.gpu, $1.rows)
    }
    try BulkInsert.fill("memory_time", of: run, record.memoryPoints, database) {
      try $0.insert($1.rank, $1.time.picoseconds, $1.bytes.value)
    }
    try BulkInsert.fill("assumption", of: run, record.assumptions, database) { try $0.insert($1) }
  }
}
