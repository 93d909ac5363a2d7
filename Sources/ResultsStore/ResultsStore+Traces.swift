// Routing traces to rows and back.

import Foundation
import GRDB
import Routing

/// The number of a stored trace, in the order of storage from 1.
public struct TraceID: Hashable, Sendable {
  /// The value of `routing_trace.id`.
  public var rawValue: Int64

  public init(rawValue: Int64) { self.rawValue = rawValue }
}

extension ResultsStore {
  /// Stores a trace in one transaction.
  ///
  /// - Parameter hash: SHA-256 of the trace's `identity`, hexadecimal.
  /// - Throws: `StoreProblem` for the file.
  /// - Precondition: the trace has no `problem`.
  @discardableResult
  public func write(_ trace: RoutingTrace, hash: String) throws -> TraceID {
    precondition(trace.problem == nil, "a trace is whole before it is stored")
    return try transaction { try Self.insert(trace, hash: hash, into: $0) }
  }

  private static func insert(
    _ trace: RoutingTrace, hash: String, into database: Database
  ) throws -> TraceID {
    let (origin, gate) = (trace.origin, trace.gate)
    try database.execute(
      sql: """
        INSERT INTO routing_trace VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        origin.preset, String(origin.seed), origin.trainedSteps, origin.balance,
        origin.corpusHash, origin.programVersion, origin.command,
        origin.drafts, origin.acceptedDrafts, hash, gate.experts, gate.groups,
        gate.groupLimit, gate.topK, gate.groupScore == .topTwoSum ? "top_two_sum" : "largest",
        trace.sequenceLength,
      ])
    let id = database.lastInsertedRowID
    for (index, name) in trace.domains.enumerated() {
      try database.execute(
        sql: "INSERT INTO routing_trace_domain VALUES (?, ?, ?)", arguments: [id, index, name])
    }
    for (index, name) in trace.layers.enumerated() {
      try database.execute(
        sql: "INSERT INTO routing_trace_layer VALUES (?, ?, ?)", arguments: [id, index, name])
    }
    for step in trace.steps {
      try database.execute(
        sql: "INSERT INTO routing_trace_step VALUES (?, ?, ?, ?)",
        arguments: [id, step.number, Data(step.tokens), Data(step.domains)])
      for (index, layer) in step.layers.enumerated() {
        try database.execute(
          sql: "INSERT INTO routing_trace_blob VALUES (?, ?, ?, ?, ?, ?)",
          arguments: [
            id, step.number, index, layer.rowsPerSequence,
            Data(Self.bytes(layer.experts, gate)), Data(layer.scores),
          ])
      }
    }
    return TraceID(rawValue: id)
  }

  /// The last trace of the file, or the one of a number; nil where there is none.
  ///
  /// - Throws: `StoreProblem.damaged` for rows that no version of the program writes.
  public func trace(_ id: TraceID? = nil) throws(StoreProblem) -> (
    trace: RoutingTrace, hash: String
  )? {
    let condition = id.map { "WHERE id = \($0.rawValue)" } ?? ""
    let columns =
      "id, preset, seed, trained_steps, balance, corpus_sha256, program_version, command,"
      + " drafts, accepted_drafts, trace_sha256, experts, groups, group_limit, top_k, group_score,"
      + " sequence_length"
    let heads = try query(
      "SELECT \(columns) FROM routing_trace \(condition) ORDER BY id DESC LIMIT 1")
    guard let values = heads.rows.first else { return nil }
    var row = StoredRow(values: values, path: path)
    let number = try row.integer()
    let origin: RoutingTrace.Origin
    do {
      let (preset, seed) = (try row.text(), try row.seed())
      let trained = Int(try row.integer())
      let (balance, corpus) = (try row.text(), try row.text())
      let (version, command) = (try row.text(), try row.text())
      let (drafts, accepted) = (Int(try row.integer()), Int(try row.integer()))
      origin = RoutingTrace.Origin(
        preset: preset, seed: seed, trainedSteps: trained, balance: balance, corpusHash: corpus,
        programVersion: version, command: command, drafts: drafts, acceptedDrafts: accepted)
    }
    let hash = try row.text()
    let gate = try gate(of: &row)
    var trace = RoutingTrace(
      origin: origin, gate: gate, domains: try names("domain", of: number),
      sequenceLength: Int(try row.integer()), layers: try names("layer", of: number), steps: [])
    trace.steps = try steps(of: number, gate)
    if let problem = trace.problem {
      throw StoreProblem(.damaged, path, "the file is damaged: trace \(number) \(problem)")
    }
    return (trace, hash)
  }

  private func gate(of row: inout StoredRow) throws(StoreProblem) -> Gate {
    let (experts, groups) = (Int(try row.integer()), Int(try row.integer()))
    let (limit, topK) = (Int(try row.integer()), Int(try row.integer()))
    let score = try row.text()
    guard groups > 0, experts % groups == 0, experts <= 65_536, (1...groups).contains(limit),
      (1...limit * (experts / groups)).contains(topK)
    else { throw StoreProblem(.damaged, path, "the file is damaged: a trace has no gate") }
    return Gate(
      experts: experts, groups: groups, groupLimit: limit, topK: topK,
      groupScore: score == "largest" ? .largest : .topTwoSum)
  }

  private func names(_ kind: String, of trace: Int64) throws(StoreProblem) -> [String] {
    try rows("SELECT name FROM routing_trace_\(kind) WHERE trace = \(trace) ORDER BY \(kind)") {
      row throws(StoreProblem) in try row.text()
    }
  }

  private func steps(of trace: Int64, _ gate: Gate) throws(StoreProblem) -> [RoutingTrace.Step] {
    try rows(
      "SELECT step, tokens, domains FROM routing_trace_step WHERE trace = \(trace) ORDER BY step"
    ) { row throws(StoreProblem) in
      let number = Int(try row.integer())
      return RoutingTrace.Step(
        number: number, tokens: try row.blob(), domains: try row.blob(),
        layers: try rows(
          "SELECT rows_per_sequence, experts, scores FROM routing_trace_blob"
            + " WHERE trace = \(trace) AND step = \(number) ORDER BY layer"
        ) { row throws(StoreProblem) in
          RoutingTrace.Decisions(
            rowsPerSequence: Int(try row.integer()),
            experts: Self.experts(try row.blob(), gate), scores: try row.blob())
        })
    }
  }

  /// One byte for each expert where that is enough, else two, the lower one first.
  private static func bytes(_ experts: [UInt16], _ gate: Gate) -> [UInt8] {
    gate.experts <= 256
      ? experts.map { UInt8($0) }
      : experts.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
  }

  private static func experts(_ bytes: [UInt8], _ gate: Gate) -> [UInt16] {
    guard gate.experts > 256 else { return bytes.map { UInt16($0) } }
    return stride(from: 0, to: bytes.count - 1, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }
}
