// Writing runs as rows, and reading them back. This file names the lists of a run and their order.
// Everything is checked before the first row is written.

import GRDB
import Recording
import Units

extension ResultsStore {
  /// Stores a run and its wall-clock facts in one transaction.
  ///
  /// - Throws: `BrokenInvariant` 12 for a figure that is not finite, `StoreProblem` for a problem
  ///   with the file.
  @discardableResult
  package func write(_ record: RunRecord, clock: RunClock) throws -> RunID {
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
    _ record: RunRecord, number: Int64? = nil, clock: RunClock?, into database: Database
  ) throws -> RunID {
    let run = try record.provenance.insert(
      number: number, fingerprint: record.fingerprint, into: database)
    try clock?.insert(run: run, into: database)
    try database.insert(record.provenance.settings, of: run)
    try database.insert(record.metrics, of: run)
    try database.insert(record.rankTimes, of: run)
    try database.insert(record.memory, of: run)
    try database.insert(record.spans, of: run)
    try database.insert(record.expertLoads, of: run)
    try database.insert(record.memoryPoints, of: run)
    try database.insert(record.assumptions.map { Assumption($0) }, of: run)
    try database.insert(record.cellTimes, of: run)
    try database.insert(record.trafficTimes, of: run)
    try database.insert(record.layerLoads, of: run)
    try database.insert(record.predictionErrors, of: run)
    try database.insert(record.network.traffic, of: run)
    try database.insert(record.network.links, of: run)
    try database.insert(record.network.loads, of: run)
    try database.insert(record.requests, of: run)
    try database.insert(record.pools, of: run)
    try database.insert(record.samples, of: run)
    try database.insert(record.run.phases, of: run)
    try database.insert(record.run.times, of: run)
    try database.insert(record.run.replications, of: run)
    try database.insert(record.run.stops, of: run)
    return RunID(rawValue: run)
  }

  /// Returns the record of a run as it was written; nil if there is no such run.
  ///
  /// - Parameters:
  ///   - run: number of the run in the file.
  ///   - withTimeline: whether to read stored bars and memory points too.
  ///   - withRequests: whether to read stored requests too.
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  package func record(
    of run: RunID, withTimeline: Bool = true, withRequests: Bool = true
  ) throws(StoreProblem) -> RunRecord? {
    let id = run.rawValue
    let settings: [Setting] = try list(of: id)
    let heads = try rows("SELECT * FROM run WHERE id = \(id)") { row throws(StoreProblem) in
      let provenance = try Provenance(from: &row, settings: settings)
      return (provenance, fingerprint: try row.get("fingerprint") as String)
    }
    guard let (provenance, fingerprint) = heads.first else { return nil }
    var result = SimulationResult(
      stepTime: .zero, metrics: try list(of: id), rankTimes: try list(of: id),
      cellTimes: try list(of: id), trafficTimes: try list(of: id), memory: try list(of: id),
      expertLoads: try list(of: id), layerLoads: try list(of: id),
      network: NetworkUse(
        traffic: try list(of: id), links: try list(of: id), loads: try list(of: id)),
      pools: try list(of: id), samples: try list(of: id),
      assumptions: (try list(of: id) as [Assumption]).map(\.text), fingerprint: fingerprint)
    let seconds = result.value(.stepTime) ?? result.value(.simulatedTime) ?? 0
    // Picoseconds in 64 bits end at 106 days.
    guard (0...9e6).contains(seconds) else {
      throw StoreProblem(
        .damaged, path, "the file is damaged: a step of run \(id) takes \(seconds) s")
    }
    result.stepTime = SimDuration(seconds: seconds)
    result.predictionErrors = try list(of: id)
    result.run.phases = try list(of: id)
    result.run.times = try list(of: id)
    result.run.replications = try list(of: id)
    result.run.stops = try list(of: id)
    if withRequests { result.requests = try list(of: id) }
    if withTimeline {
      result.spans = try spans(of: run)
      result.memoryPoints = try list(of: id)
    }
    return RunRecord(provenance: provenance, result: result)
  }

  /// Returns the timeline of a run, in the order of the record; empty if none was kept.
  package func spans(of run: RunID) throws(StoreProblem) -> [Span] {
    let cursor = try spanCursor(of: run)
    var spans: [Span] = []
    while let span = try cursor.next() { spans.append(span) }
    return spans
  }

  /// Returns the memory counters of a run's timeline, in the order of the record; empty if none
  /// were kept.
  package func memoryPoints(of run: RunID) throws(StoreProblem) -> [MemoryPoint] {
    try list(of: run.rawValue)
  }
}
