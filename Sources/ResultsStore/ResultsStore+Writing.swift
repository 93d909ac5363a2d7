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
      throw BrokenInvariant(number: 12, "\(metric.kind.rawValue) is \(metric.value)")
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
    for (position, setting) in origin.settings.enumerated() {
      try database.execute(
        sql: "INSERT INTO run_setting VALUES (?, ?, ?, ?)",
        arguments: [run.rawValue, position, setting.key, setting.value])
    }
    try insertMetrics(record.metrics, run: run.rawValue, into: database)
    try insertRankTimes(record.rankTimes, run: run.rawValue, into: database)
    try insertSums(record.result, run: run.rawValue, into: database)
    try insertMemory(record.memory, run: run.rawValue, into: database)
    try insertSpans(record.spans, run: run.rawValue, into: database)
    try insertExpertLoads(record.expertLoads, run: run.rawValue, into: database)
    try insertMemoryPoints(record.memoryPoints, run: run.rawValue, into: database)
    try insertNetwork(record.network, run: run.rawValue, into: database)
    for (position, text) in record.assumptions.enumerated() {
      try database.execute(
        sql: "INSERT INTO assumption VALUES (?, ?, ?)", arguments: [run.rawValue, position, text])
    }
    return run
  }

  private static func insertMetrics(
    _ metrics: [Metric], run: Int64, into database: Database
  ) throws {
    for (position, metric) in metrics.enumerated() {
      try database.execute(
        sql: "INSERT INTO metric VALUES (?, ?, ?, ?, ?, ?)",
        arguments: [
          run, position, metric.kind.rawValue, metric.value, metric.kind.unit,
          metric.kind.definition,
        ])
    }
  }

  private static func insertRankTimes(
    _ rows: [RankTime], run: Int64, into database: Database
  ) throws {
    var rankTime = try BulkInsert(database, table: "rank_time", columnCount: 8)
    defer { rankTime.finish() }
    for (position, row) in rows.enumerated() {
      rankTime.bind(run)
      rankTime.bind(position)
      rankTime.bind(row.rank)
      rankTime.bind(row.member)
      rankTime.bind(row.gpus)
      rankTime.bind(row.phase.rawValue)
      rankTime.bind(row.activity.rawValue)
      rankTime.bind(row.time.picoseconds)
      try rankTime.insert()
    }
  }

  private static func insertMemory(
    _ rows: [MemoryUse], run: Int64, into database: Database
  ) throws {
    var memory = try BulkInsert(database, table: "memory", columnCount: 6)
    defer { memory.finish() }
    for (position, row) in rows.enumerated() {
      memory.bind(run)
      memory.bind(position)
      memory.bind(row.rank)
      memory.bind(row.kind.rawValue)
      memory.bind(row.bytes.value)
      memory.bind(row.gpus)
      try memory.insert()
    }
  }

  private static func insertSpans(_ rows: [Span], run: Int64, into database: Database) throws {
    var span = try BulkInsert(database, table: "span", columnCount: 11)
    defer { span.finish() }
    for (position, row) in rows.enumerated() {
      span.bind(run)
      span.bind(position)
      span.bind(row.rank)
      span.bind(row.stream)
      span.bind(row.label)
      span.bind(row.phase.rawValue)
      span.bind(row.stage)
      span.bind(row.microbatch)
      span.bind(row.start.picoseconds)
      span.bind(row.end.picoseconds)
      span.bind(row.member)
      try span.insert()
    }
  }

  private static func insertExpertLoads(
    _ rows: [ExpertLoad], run: Int64, into database: Database
  ) throws {
    var load = try BulkInsert(database, table: "expert_load", columnCount: 6)
    defer { load.finish() }
    for (position, row) in rows.enumerated() {
      load.bind(run)
      load.bind(position)
      load.bind(row.layer)
      load.bind(row.expert)
      load.bind(row.gpu)
      load.bind(row.rows)
      try load.insert()
    }
  }

  private static func insertMemoryPoints(
    _ rows: [MemoryPoint], run: Int64, into database: Database
  ) throws {
    var point = try BulkInsert(database, table: "memory_time", columnCount: 5)
    defer { point.finish() }
    for (position, row) in rows.enumerated() {
      point.bind(run)
      point.bind(position)
      point.bind(row.rank)
      point.bind(row.time.picoseconds)
      point.bind(row.bytes.value)
      try point.insert()
    }
  }
}
