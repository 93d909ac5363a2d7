// The rows of one step of an instance.

/// What a scheduler has decided at the start of a step.
struct StepPlan {
  /// The tokens of one request in a step.
  struct Row {
    var request: RequestID
    var tokens: Int
    /// Cached tokens before them.
    var context: Int
    var isPrompt: Bool
    /// Drafts among the tokens.
    var drafts = 0
  }

  var rows: [Row] = []
  /// Requests that begin to run, with their cached tokens.
  var admitted: [(request: RequestID, cached: Int)] = []
  var preempted: [RequestID] = []
  /// Requests whose load from prefill can start, with the tokens that it moves.
  var loads: [(request: RequestID, tokens: Int)] = []
  /// Requests whose load from host memory and store can start, with the tokens of each.
  var tierLoads: [(request: RequestID, host: Int, store: Int)] = []

  /// Removes everything but keeps the memory.
  mutating func clear() {
    if !rows.isEmpty { rows.removeAll(keepingCapacity: true) }
    if !admitted.isEmpty { admitted.removeAll(keepingCapacity: true) }
    if !preempted.isEmpty { preempted.removeAll(keepingCapacity: true) }
    if !loads.isEmpty { loads.removeAll(keepingCapacity: true) }
    if !tierLoads.isEmpty { tierLoads.removeAll(keepingCapacity: true) }
  }

  /// The sizes that determine the step's time.
  var shape: StepShape {
    var shape = StepShape()
    for row in rows {
      if row.isPrompt {
        shape.prefillTokens += row.tokens
        shape.prefillPairsDoubled += row.tokens * (2 * row.context + row.tokens + 1)
        shape.prefillContext += row.context
      } else {
        shape.decodes += 1
        shape.decodeTokens += row.tokens
        shape.decodeContext += row.context
      }
    }
    return shape
  }
}
