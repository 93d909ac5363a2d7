// Writing routing traces and the load profiles scaled from them as rows, and reading them back.

import GRDB
import Routing

/// The number of a stored trace, from 1 in storage order.
package struct TraceID: Hashable, Sendable {
  /// The value of `routing_trace.id`.
  package var rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
}

extension ResultsStore {
  /// Stores a trace in one transaction.
  ///
  /// - Parameters:
  ///   - trace: the trace to store.
  ///   - hash: SHA-256 of the trace's `identity`, in hexadecimal.
  /// - Throws: `StoreProblem` for a problem with the file.
  /// - Precondition: the trace has no `problem`.
  @discardableResult
  package func write(_ trace: RoutingTrace, hash: String) throws -> TraceID {
    precondition(trace.problem == nil, "a trace is whole before it is stored")
    return try transaction { try Self.insert(trace, hash: hash, into: $0) }
  }

  private static func insert(
    _ trace: RoutingTrace, hash: String, into database: Database
  ) throws -> TraceID {
    let id = try trace.insert(hash: hash, into: database)
    for (names, table) in [
      (trace.domains, RoutingTrace.domainTable), (trace.layers, RoutingTrace.layerTable),
    ] {
      try database.insert(names, into: table) { row, index, name in row.add(id, index, name) }
    }
    for step in trace.steps { try step.insert(of: id, trace.gate, into: database) }
    return TraceID(rawValue: id)
  }

  /// Returns the trace with a number, or the last trace of the file; nil if there is none.
  ///
  /// - Throws: `StoreProblem.damaged` for rows that no version of the program writes.
  package func trace(_ id: TraceID? = nil) throws(StoreProblem) -> (
    trace: RoutingTrace, hash: String
  )? {
    let condition = id.map { "WHERE id = \($0.rawValue)" } ?? ""
    return try rows("SELECT * FROM routing_trace \(condition) ORDER BY id DESC LIMIT 1") {
      row throws(StoreProblem) in
      let number: Int64 = try row.get("id")
      var trace = try RoutingTrace(from: &row)
      trace.domains = try names("domain", of: number)
      trace.layers = try names("layer", of: number)
      trace.steps = try steps(of: number, trace.gate)
      if let problem = trace.problem { throw row.damage("trace \(number) \(problem)") }
      return (trace: trace, hash: try row.get("trace_sha256") as String)
    }.first
  }

  private func names(_ kind: String, of trace: Int64) throws(StoreProblem) -> [String] {
    try rows("SELECT name FROM routing_trace_\(kind) WHERE trace = \(trace) ORDER BY \(kind)") {
      row throws(StoreProblem) in try row.get("name")
    }
  }

  private func steps(of trace: Int64, _ gate: Gate) throws(StoreProblem) -> [RoutingTrace.Step] {
    try rows("SELECT * FROM routing_trace_step WHERE trace = \(trace) ORDER BY step") {
      row throws(StoreProblem) in
      try RoutingTrace.Step(from: &row) { step throws(StoreProblem) in
        try rows(
          "SELECT * FROM routing_trace_blob WHERE trace = \(trace) AND step = \(step)"
            + " ORDER BY layer"
        ) { row throws(StoreProblem) in try RoutingTrace.Decisions(from: &row, gate) }
      }
    }
  }

  /// Stores a profile scaled from the trace with this number, or from the last trace.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  /// - Precondition: the trace exists.
  package func write(_ profile: LoadProfile, of trace: TraceID?) throws {
    try transaction { try profile.insert(of: trace, into: $0) }
  }

  /// Returns the last profile of the file's last trace, or of an earlier one with the same
  /// decisions; nil if it was not scaled.
  ///
  /// - Throws: `StoreProblem.damaged` for a text that is not a profile.
  package func profile() throws(StoreProblem) -> LoadProfile? {
    guard try hasTable("load_profile") else { return nil }
    return try rows(
      """
      SELECT load_profile.* FROM load_profile
      JOIN routing_trace ON routing_trace.id = load_profile.trace
      WHERE trace_sha256 = (SELECT trace_sha256 FROM routing_trace ORDER BY id DESC LIMIT 1)
      ORDER BY load_profile.id DESC LIMIT 1
      """
    ) {
      row throws(StoreProblem) in try LoadProfile(from: &row)
    }.first
  }
}
