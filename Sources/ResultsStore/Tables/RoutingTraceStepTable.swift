// The tokens of each step of a routing trace. A step is one row of bytes, so a trace of millions of
// decisions has a few hundred rows.

import GRDB
import Routing

extension RoutingTrace.Step {
  static let table = Table(
    "routing_trace_step",
    """
    CREATE TABLE routing_trace_step (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      step INTEGER NOT NULL,
      tokens BLOB NOT NULL,           -- a byte for each token, sequence after sequence
      domains BLOB NOT NULL,          -- a byte for each sequence
      PRIMARY KEY (trace, step)
    ) STRICT, WITHOUT ROWID
    """)

  /// Inserts the step with its decisions.
  func insert(of trace: Int64, _ gate: Gate, into database: Database) throws {
    try database.insert(into: Self.table, trace, number, tokens, domains)
    try database.insert(layers, into: RoutingTrace.Decisions.table) { row, layer, decisions in
      row.add(trace, number, layer)
      decisions.bind(to: &row, gate)
    }
  }

  /// Reads a step.
  ///
  /// - Parameter layers: reads the decisions of a step.
  init(
    from row: inout StoredRow,
    layers: (_ step: Int) throws(StoreProblem) -> [RoutingTrace.Decisions]
  ) throws(StoreProblem) {
    let number: Int = try row.get("step")
    try self.init(
      number: number, tokens: row.get("tokens"), domains: row.get("domains"),
      layers: layers(number))
  }
}
