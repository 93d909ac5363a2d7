// The cells of a schedule on each simulated GPU, summed by kind.

import Units

/// The kinds of cells of a schedule.
public enum CellKind: String, CaseIterable, Sendable {
  case forward
  /// The halves of a backward, and both as one cell.
  case backwardInput = "backward_input"
  case backwardWeight = "backward_weight"
  case backward
  /// A forward and a backward that interleave.
  case overlapped
}

/// The cells of one kind on one simulated GPU.
public struct CellTime: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// The simulated GPU of the rank, from 0.
  public var member: Int
  /// GPUs that it stands for, itself included.
  public var gpus: Int
  public var kind: CellKind
  /// How many there are.
  public var count: Int
  /// From start to end, summed over the cells.
  public var time: SimDuration
  /// When the first of them starts.
  public var start: SimTime
  /// When the last of them ends.
  public var end: SimTime

  public init(
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
