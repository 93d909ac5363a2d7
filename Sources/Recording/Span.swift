// The bars of the timeline.

import Units

/// One bar of the timeline: an operation on a stream of a rank, a cell of the schedule, or a wait.
///
/// The streams `cells` (one bar per cell) and `idle` (one bar per wait, labelled with an
/// `Activity`) overlay the streams on which operations run.
package struct Span: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// The name of the bar's stream.
  package var stream: String
  /// A readable name of the operation.
  package var label: String
  package var phase: Phase
  /// The stage of the model on the microbatch's path, from 0; -1 if the bar belongs to none.
  package var stage: Int
  /// The microbatch, from 0; -1 if the bar belongs to none.
  package var microbatch: Int
  /// The start of the bar.
  package var start: SimTime
  /// The end of the bar.
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
