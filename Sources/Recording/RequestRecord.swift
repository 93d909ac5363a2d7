// One request of a service: what it asked for, and what became of it.

import Units

/// A request with its milestones.
package struct RequestRecord: Hashable, Sendable {
  /// How it ended, or where it was when the simulation stopped.
  package enum State: String, CaseIterable, Sendable {
    case finished, rejected, lost, running, queued
  }

  /// Name of its class.
  package var trafficClass: String
  package var state: State
  /// Why it was rejected or lost; nil otherwise.
  package var reason: String?
  /// Tokens of the prompt.
  package var prompt: Int
  /// Tokens that it asked for.
  package var output: Int
  /// When it arrived; a retry does not change it.
  package var arrival: SimTime
  /// The start of the first step that computed a part of it; nil if there was none.
  package var firstScheduled: SimTime?
  /// When its first token was shown; nil without tokens.
  package var firstToken: SimTime?
  /// When its last token so far was shown; nil without tokens.
  package var lastToken: SimTime?
  /// When it finished, or was rejected or lost; nil if it was in the service at the end.
  package var ended: SimTime?
  /// Tokens shown.
  package var tokens = 0
  /// Moments at which tokens were shown: with drafts a moment can show several.
  package var chunks = 0
  /// Prompt tokens found in a prefix cache when it was first admitted; nil before.
  package var cachedTokens: Int?
  /// Times that it gave back its KV cache before it ended.
  package var preemptions = 0
  /// Times that it was sent again after a failure.
  package var retries = 0
  /// Tokens drafted for it.
  package var drafted = 0
  /// How many of them were accepted.
  package var acceptedDrafts = 0
  /// Steps that verified drafts.
  package var verifications = 0
  /// The instance that computed its prompt; nil if it never reached one.
  package var prefillInstance: Int?
  /// The instance that made its tokens; nil if it never reached one.
  package var decodeInstance: Int?
  /// Whether it finished inside all bounds of its class; nil if its class has none.
  package var isInside: Bool?
  /// Moments at which tokens were shown, in order; empty if they were not kept. Never stored.
  package var moments: [SimTime] = []

  package init(
    trafficClass: String, state: State, reason: String? = nil, prompt: Int, output: Int,
    arrival: SimTime
  ) {
    self.trafficClass = trafficClass
    self.state = state
    self.reason = reason
    self.prompt = prompt
    self.output = output
    self.arrival = arrival
  }
}

extension RequestRecord {
  /// From its arrival to its first token; nil without tokens.
  package var timeToFirstToken: SimDuration? { firstToken.map { $0 - arrival } }

  /// From its arrival to its last token; nil unless it finished.
  package var endToEnd: SimDuration? {
    state == .finished ? lastToken.map { $0 - arrival } : nil
  }

  /// From its first to its last token; nil without tokens.
  package var generation: SimDuration? {
    if let firstToken, let lastToken { lastToken - firstToken } else { nil }
  }
}
