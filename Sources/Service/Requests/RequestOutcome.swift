// What became of a request.

import Units

/// The end of a request and its milestones.
package struct RequestOutcome: Hashable, Sendable {
  /// How a request ended.
  package enum End: Hashable, Sendable {
    /// All of its tokens have been shown.
    case finished
    /// It was never served.
    case rejected(Rejection)
    /// It was dropped after it had been accepted.
    case lost(Loss)
    /// It was running when the simulation stopped.
    case running
    /// It was waiting, being transferred or retried when the simulation stopped.
    case queued
  }

  /// Why a request was never served.
  package enum Rejection: String, CaseIterable, Hashable, Sendable {
    /// Prompt and output exceed the longest sequence.
    case tooLong = "too_long"
    /// Alone it exceeds the KV pool.
    case neverFits = "never_fits"
    /// The queue had its maximum length.
    case queueFull = "queue_full"
  }

  /// Why an accepted request was dropped.
  package enum Loss: String, CaseIterable, Hashable, Sendable {
    /// A unit that held it failed, and the rules do not retry it any more.
    case instanceFailed = "instance_failed"
    /// It waited longer than its limit.
    case timeout
  }

  /// When it arrived.
  package var arrival: SimTime
  /// How it ended.
  package var end = End.queued
  /// When it finished, or was rejected or lost; nil if it was in the service at the end.
  package var ended: SimTime?
  /// The start of the first step that computed a part of it.
  package var firstScheduled: SimTime?
  /// When its first token was shown.
  package var firstToken: SimTime?
  /// When its last token so far was shown.
  package var lastToken: SimTime?
  /// Tokens shown.
  package var tokens = 0
  /// Moments at which tokens were shown: with drafts a moment can show several.
  package var chunks = 0
  /// Prompt tokens found in a prefix cache when it was first admitted; nil before.
  package var cachedTokens: Int?
  /// How often it gave back its cache before it ended.
  package var preemptions = 0
  /// How often it started again after a failure.
  package var retries = 0
  /// Tokens drafted for it.
  package var drafted = 0
  /// Drafts that were accepted.
  package var acceptedDrafts = 0
  /// The instance that computed its prompt, if others make its tokens; nil before it is chosen.
  package var prefillInstance: Int?
  /// The instance that makes its tokens; nil before it has made one.
  package var decodeInstance: Int?

  package init(arrival: SimTime) { self.arrival = arrival }
}
