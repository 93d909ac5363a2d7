// Routing traces: their provenance and their gate.

import GRDB
import Routing

extension RoutingTrace {
  static let table = Table(
    "routing_trace",
    """
    CREATE TABLE routing_trace (
      id INTEGER PRIMARY KEY,
      preset TEXT NOT NULL,
      seed TEXT NOT NULL,             -- decimal; unsigned 64 bits do not fit in INTEGER
      trained_steps INTEGER NOT NULL, -- steps of training when the trace ended
      balance TEXT NOT NULL,
      corpus_sha256 TEXT NOT NULL,
      program_version TEXT NOT NULL,
      command TEXT NOT NULL,          -- that made the trace
      drafts INTEGER NOT NULL,        -- tokens that the prediction module drafted afterwards
      accepted_drafts INTEGER NOT NULL CHECK (accepted_drafts <= drafts),
      trace_sha256 TEXT NOT NULL,     -- of all decisions, hexadecimal
      experts INTEGER NOT NULL,
      groups INTEGER NOT NULL,
      group_limit INTEGER NOT NULL,
      top_k INTEGER NOT NULL,
      group_score TEXT NOT NULL CHECK (group_score IN ('top_two_sum', 'largest')),
      sequence_length INTEGER NOT NULL
    ) STRICT
    """)

  /// Inserts the trace without its names and steps.
  func insert(hash: String, into database: Database) throws -> Int64 {
    try database.insert(
      into: Self.table, nil as Int64?, origin.preset, origin.seed, origin.trainedSteps,
      origin.balance, origin.corpusHash, origin.programVersion, origin.command, origin.drafts,
      origin.acceptedDrafts, hash, gate.experts, gate.groups, gate.groupLimit, gate.topK,
      gate.groupScore == .topTwoSum ? "top_two_sum" : "largest", sequenceLength)
  }

  /// Reads a trace without its names and steps.
  init(from row: inout StoredRow) throws(StoreProblem) {
    let origin = try Origin(
      preset: row.get("preset"), seed: row.get("seed"), trainedSteps: row.get("trained_steps"),
      balance: row.get("balance"), corpusHash: row.get("corpus_sha256"),
      programVersion: row.get("program_version"), command: row.get("command"),
      drafts: row.get("drafts"), acceptedDrafts: row.get("accepted_drafts"))
    self.init(
      origin: origin, gate: try Self.gate(from: &row), domains: [],
      sequenceLength: try row.get("sequence_length", in: 1...1_048_576), layers: [], steps: [])
  }

  private static func gate(from row: inout StoredRow) throws(StoreProblem) -> Gate {
    let (experts, groups): (Int, Int) = try (row.get("experts"), row.get("groups"))
    let (limit, topK): (Int, Int) = try (row.get("group_limit"), row.get("top_k"))
    let score: String = try row.get("group_score")
    guard groups > 0, (1...65_536).contains(experts), experts % groups == 0,
      (1...groups).contains(limit),
      (1...limit * (experts / groups)).contains(topK)
    else { throw row.damage("a trace has no gate") }
    return Gate(
      experts: experts, groups: groups, groupLimit: limit, topK: topK,
      groupScore: score == "largest" ? .largest : .topTwoSum)
  }
}
