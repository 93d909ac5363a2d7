// The bars of the timeline.

import Units

/// One bar of the timeline: an operation on a stream of a rank, a cell of the schedule, or a wait.
///
/// The streams `cells` (one bar a cell) and `idle` (one bar a wait, its label an `Activity`) lie
/// over the streams on which operations run.
package struct Span: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// Name of the stream that the bar lies on.
  package var stream: String
  /// What the operation is, for people.
  package var label: String
  package var phase: Phase
  /// Stage of the model on the microbatch's path, from 0; -1 where the bar belongs to none.
  package var stage: Int
  /// The microbatch, from 0; -1 where the bar belongs to none.
  package var microbatch: Int
  /// When it starts.
  package var start: SimTime
  /// When it ends.
  package var end: SimTime

  package init(
    rank: Int, member: Int = 0, stream: String, label: String, phase: Phase, stage: Int,
    microbatch: Int, start: SimTime, end: SimTime
  ) {
    self.rank = rank
    self.member = member
    self.stream = stream
    self.label = label
    self.phase = phase
    self.stage = stage
    self.microbatch = microbatch
    self.start = start
    self.end = end
  }
}
