// The cells of a schedule on each simulated GPU, summed by kind.

import Units

/// The kinds of cells of a schedule.
package enum CellKind: String, CaseIterable, Sendable {
  case forward
  /// The input half of a backward.
  case backwardInput = "backward_input"
  /// The weight half of a backward.
  case backwardWeight = "backward_weight"
  /// Both halves of a backward in one cell.
  case backward
  /// An interleaved forward and backward.
  case overlapped
}

/// The cells of one kind on one simulated GPU.
package struct CellTime: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// The number of GPUs that it represents, itself included.
  package var gpus: Int
  package var kind: CellKind
  /// The number of cells.
  package var count: Int
  /// The time from start to end, summed over the cells.
  package var time: SimDuration
  /// The start of the first cell.
  package var start: SimTime
  /// The end of the last cell.
  package var end: SimTime

  package init(
    rank: Int, member: Int = 0, gpus: Int = 1, kind: CellKind, count: Int, time: SimDuration,
    start: SimTime, end: SimTime
  ) {
    self.rank = rank
    self.member = member
    self.gpus = gpus
    self.kind = kind
    self.count = count
    self.time = time
    self.start = start
    self.end = end
  }
}
