// The decisions of the gate in each layer of a step of a routing trace.

import Routing

extension RoutingTrace.Decisions {
  static let table = Table(
    "routing_trace_blob",
    """
    CREATE TABLE routing_trace_blob (
      trace INTEGER NOT NULL,
      step INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      rows_per_sequence INTEGER NOT NULL,
      experts BLOB NOT NULL,          -- top_k of each row, best first; 1 byte, 2 above 256 experts
      scores BLOB NOT NULL,           -- the gate score of each, in 255ths
      PRIMARY KEY (trace, step, layer),
      FOREIGN KEY (trace, step) REFERENCES routing_trace_step (trace, step) ON DELETE CASCADE
    ) STRICT
    """)

  /// Binds one byte per expert if that is enough, else two in little-endian order.
  func bind(to row: inout RowBinder, _ gate: Gate) {
    let bytes =
      gate.experts <= 256
      ? experts.map { UInt8($0) }
      : experts.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }
    row.add(rowsPerSequence, bytes, scores)
  }

  init(from row: inout StoredRow, _ gate: Gate) throws(StoreProblem) {
    let rows = try row.get("rows_per_sequence", in: 1...1_048_576)
    let bytes: [UInt8] = try row.get("experts")
    let experts =
      gate.experts <= 256
      ? bytes.map { UInt16($0) }
      : stride(from: 0, to: bytes.count - 1, by: 2).map {
        UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
      }
    self.init(rowsPerSequence: rows, experts: experts, scores: try row.get("scores"))
  }
}
