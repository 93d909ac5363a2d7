// A request of a service as it arrives: how many tokens it has, and what it may share with others.

import Units

/// A request before it is served.
package struct ServiceRequest: Hashable, Sendable {
  /// When it arrives; in a closed loop, set when its predecessor ends.
  package var arrival: SimTime
  /// Tokens of the prompt.
  package var prompt: Int
  /// Tokens that it asks for; every request generates exactly as many.
  package var output: Int
  /// Index of its class, which has objectives of its own.
  package var trafficClass = 0
  /// Lower values go first where the scheduler has priorities.
  package var priority = 0
  /// The session that it belongs to, for routers with session affinity.
  package var session: Int?
  /// What its prompt begins with; nil if it equals no other prompt.
  package var content: PromptContent?
  /// Drafts accepted at each verification, 0 beyond the last; nil to draw them.
  package var accepted: [Int]?

  package init(arrival: SimTime, prompt: Int, output: Int) {
    self.arrival = arrival
    self.prompt = prompt
    self.output = output
  }
}

/// The part of a sequence that may equal the beginning of other sequences: segments of equal
/// length, each with an identifier. Sequences with equal identifiers up to a segment are equal up
/// to there. The rest is unlike all others.
package struct PromptContent: Hashable, Sendable {
  /// Identifiers of the segments from the first token on.
  package var segments: [UInt32]
  /// Tokens of each segment; the last one may be cut short by the end of the prompt.
  package var segmentLength: Int
  /// Whether they go on into the output, which later turns of a conversation repeat.
  package var coversOutput = false

  /// - Precondition: segments are not empty tokens: `segmentLength` is positive.
  package init(segments: [UInt32], segmentLength: Int) {
    precondition(segmentLength > 0, "a segment has tokens")
    self.segments = segments
    self.segmentLength = segmentLength
  }
}
