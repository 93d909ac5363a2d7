// The cells of a schedule on each simulated GPU, summed by kind.

import Units

/// The kinds of cells of a schedule.
package enum CellKind: String, CaseIterable, Sendable {
  case forward
  /// The halves of a backward, and both as one cell.
  case backwardInput = "backward_input"
  case backwardWeight = "backward_weight"
  case backward
  /// A forward and a backward that interleave.
  case overlapped
}

/// The cells of one kind on one simulated GPU.
package struct CellTime: Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// GPUs that it stands for, itself included.
  package var gpus: Int
  package var kind: CellKind
  /// How many there are.
  package var count: Int
  /// From start to end, summed over the cells.
  package var time: SimDuration
  /// When the first of them starts.
  package var start: SimTime
  /// When the last of them ends.
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
