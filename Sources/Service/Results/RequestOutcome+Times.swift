// The times of one request, by the definitions of the metrics.

import Units

extension RequestOutcome {
  /// Whether all of its tokens were shown.
  package var isFinished: Bool { end == .finished }

  /// TTFT: from its arrival to its first token; nil without tokens.
  package var timeToFirstToken: SimDuration? { firstToken.map { $0 - arrival } }

  /// From its arrival to its last token; nil without tokens.
  package var endToEnd: SimDuration? { lastToken.map { $0 - arrival } }

  /// From its arrival to the first step that computed a part of it; nil if there was none.
  package var queueing: SimDuration? { firstScheduled.map { $0 - arrival } }

  /// TPOT in picoseconds: from the first to the last token, over the tokens after the first; nil
  /// for fewer than two tokens.
  package var picosecondsPerToken: Double? {
    guard let firstToken, let lastToken, tokens > 1 else { return nil }
    return Double((lastToken - firstToken).picoseconds) / Double(tokens - 1)
  }

  /// Picoseconds per token from the arrival on; nil without tokens.
  package var picosecondsPerTokenWithFirst: Double? {
    guard let endToEnd, tokens > 0 else { return nil }
    return Double(endToEnd.picoseconds) / Double(tokens)
  }

  /// Whether it finished inside all bounds of its class, which are inclusive. A TPOT that is not
  /// defined is inside.
  package func isInside(_ objectives: TrafficClass) -> Bool {
    guard isFinished, let timeToFirstToken, let firstToken, let lastToken, let endToEnd else {
      return false
    }
    if let bound = objectives.timeToFirstToken, timeToFirstToken > bound { return false }
    if let bound = objectives.endToEnd, endToEnd > bound { return false }
    // Multiplied instead of divided, so that a time per token equal to the bound is inside.
    if let bound = objectives.timePerOutputToken, tokens > 1 {
      let allowed = Int128(bound.picoseconds) * Int128(tokens - 1)
      if Int128((lastToken - firstToken).picoseconds) > allowed { return false }
    }
    return true
  }
}

extension TrafficClass {
  /// Whether it has an objective.
  package var hasObjectives: Bool {
    timeToFirstToken != nil || timePerOutputToken != nil || endToEnd != nil
  }
}
