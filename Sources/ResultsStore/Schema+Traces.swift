// The step of the schema that adds routing traces: bytes of a step in one row, so that a trace of
// millions of decisions is some hundred rows.

extension Schema {
  static let routingTraces = """
    CREATE TABLE routing_trace (
      id INTEGER PRIMARY KEY,
      preset TEXT NOT NULL,
      seed TEXT NOT NULL,             -- decimal; unsigned 64 bits do not fit in INTEGER
      trained_steps INTEGER NOT NULL, -- steps of training when the trace ended
      balance TEXT NOT NULL,
      corpus_sha256 TEXT NOT NULL,
      program_version TEXT NOT NULL,
      command TEXT NOT NULL,          -- what made the trace
      drafts INTEGER NOT NULL,        -- tokens that the prediction module drafted afterwards
      accepted_drafts INTEGER NOT NULL CHECK (accepted_drafts <= drafts),
      trace_sha256 TEXT NOT NULL,     -- of all decisions, hexadecimal
      experts INTEGER NOT NULL,
      groups INTEGER NOT NULL,
      group_limit INTEGER NOT NULL,
      top_k INTEGER NOT NULL,
      group_score TEXT NOT NULL CHECK (group_score IN ('top_two_sum', 'largest')),
      sequence_length INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE routing_trace_domain (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      domain INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (trace, domain)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE routing_trace_layer (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      layer INTEGER NOT NULL,
      name TEXT NOT NULL,             -- L3 in the main model, M0 of a prediction module
      PRIMARY KEY (trace, layer)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE routing_trace_step (
      trace INTEGER NOT NULL REFERENCES routing_trace (id) ON DELETE CASCADE,
      step INTEGER NOT NULL,
      tokens BLOB NOT NULL,           -- a byte for each token, sequence after sequence
      domains BLOB NOT NULL,          -- a byte for each sequence
      PRIMARY KEY (trace, step)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE routing_trace_blob (
      trace INTEGER NOT NULL,
      step INTEGER NOT NULL,
      layer INTEGER NOT NULL,
      rows_per_sequence INTEGER NOT NULL,
      experts BLOB NOT NULL,          -- top_k of each row, best first; 1 byte, 2 above 256 experts
      scores BLOB NOT NULL,           -- the gate score of each, in 255ths
      PRIMARY KEY (trace, step, layer),
      FOREIGN KEY (trace, step) REFERENCES routing_trace_step (trace, step) ON DELETE CASCADE
    ) STRICT;

    """
}
