// The requests of services, on demand: enough to compute all latencies again.

import Recording

extension RequestRecord: TableRow {
  static let table = Table.list(
    "request",
    """
    The requests of a service in the order of arrival; only if they were asked for. The view
    request_ms has the names and units of other tools.
    """,
    """
    class TEXT NOT NULL,
    status TEXT NOT NULL,           -- finished, rejected, lost, running or queued at the end
    reason TEXT,                    -- of a rejection or a loss
    input_length INTEGER NOT NULL CHECK (input_length >= 0),
    output_length INTEGER NOT NULL CHECK (output_length >= 0), -- asked for
    arrival_ps INTEGER NOT NULL,
    first_admit_ps INTEGER,         -- start of the first step with it
    first_token_ps INTEGER,
    last_token_ps INTEGER,
    ended_ps INTEGER,               -- finished, rejected or lost
    tokens INTEGER NOT NULL,        -- shown
    chunks INTEGER NOT NULL,        -- moments at which tokens were shown
    cached_tokens INTEGER,          -- of the prompt, found in a prefix cache
    preemptions INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    drafted INTEGER NOT NULL,
    accepted_drafts INTEGER NOT NULL CHECK (accepted_drafts <= drafted),
    verifications INTEGER NOT NULL,
    prefill_instance INTEGER,
    decode_instance INTEGER,
    is_inside INTEGER CHECK (is_inside IN (0, 1)), -- all bounds of its class, if it has any
    """)

  func bind(to row: inout RowBinder) {
    row.add(trafficClass, state, reason, prompt, output, arrival, firstScheduled, firstToken)
    row.add(lastToken, ended, tokens, chunks, cachedTokens, preemptions, retries, drafted)
    row.add(acceptedDrafts, verifications, prefillInstance, decodeInstance, isInside)
  }

  /// Counts of a request; sums over all requests of a run are whole numbers too.
  private static let counts = 0...1 << 40

  init(from row: inout StoredRow) throws(StoreProblem) {
    try self.init(
      trafficClass: row.get("class"), state: row.get("status"), reason: row.get("reason"),
      prompt: row.get("input_length", in: Self.counts),
      output: row.get("output_length", in: Self.counts),
      arrival: row.get("arrival_ps"))
    firstScheduled = try row.get("first_admit_ps")
    firstToken = try row.get("first_token_ps")
    lastToken = try row.get("last_token_ps")
    ended = try row.get("ended_ps")
    let moments = [firstScheduled, firstToken, lastToken, ended].compactMap(\.self)
    guard moments.allSatisfy({ $0 >= arrival }), firstToken ?? arrival <= lastToken ?? arrival
    else {
      throw row.damage("a request of \(arrival) was served at \(moments)")
    }
    tokens = try row.get("tokens", in: Self.counts)
    chunks = try row.get("chunks", in: Self.counts)
    cachedTokens = try row.get("cached_tokens")
    guard Self.counts.contains(cachedTokens ?? 0) else {
      throw row.damage("column cached_tokens of a row holds \(cachedTokens ?? 0)")
    }
    preemptions = try row.get("preemptions", in: Self.counts)
    retries = try row.get("retries", in: Self.counts)
    drafted = try row.get("drafted", in: Self.counts)
    acceptedDrafts = try row.get("accepted_drafts", in: Self.counts)
    verifications = try row.get("verifications", in: Self.counts)
    prefillInstance = try row.get("prefill_instance")
    decodeInstance = try row.get("decode_instance")
    isInside = try row.get("is_inside")
  }
}
