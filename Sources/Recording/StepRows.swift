// What a step consists of, summed: cells, exchanges and loads, from which its metrics follow.

import Units

/// The kinds of cells of a schedule.
public enum CellKind: String, CaseIterable, Sendable {
  case forward
  /// The halves of a backward, and both as one cell.
  case backwardInput = "backward_input"
  case backwardWeight = "backward_weight"
  case backward
  /// A forward and a backward that take turns.
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
  /// From the start of each to its end, in all together.
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

/// What one simulated GPU sends for one purpose: how often, and how long it takes.
public struct TrafficTime: Hashable, Sendable {
  /// The rank, from 0.
  public var rank: Int
  /// The simulated GPU of the rank, from 0.
  public var member: Int
  /// GPUs that it stands for, itself included.
  public var gpus: Int
  /// Why it sends.
  public var kind: TrafficKind
  /// How many exchanges there are.
  public var count: Int
  /// From when all GPUs that start an exchange together are there to its end, in all of them.
  public var time: SimDuration

  public init(
    rank: Int, member: Int = 0, gpus: Int = 1, kind: TrafficKind, count: Int, time: SimDuration
  ) {
    self.rank = rank
    self.member = member
    self.gpus = gpus
    self.kind = kind
    self.count = count
    self.time = time
  }
}

extension Sequence<TrafficTime> {
  /// Seconds of the exchanges that computation inside cells needs, as a mean over all GPUs.
  public func meanSecondsInCells(overGPUs count: Int) -> Double {
    let sum = reduce(Int128(0)) { sum, row in
      row.kind.isInCells ? sum + Int128(row.gpus) * Int128(row.time.picoseconds) : sum
    }
    return Recording.meanSeconds(ofPicoseconds: sum, over: count)
  }
}

/// How uneven the GPUs of an expert group are in one layer.
public struct LayerLoad: Hashable, Sendable {
  /// The layer among those with experts, from 0.
  public var layer: Int
  /// Rows of the fullest GPU / mean, mean over microbatches.
  public var maxOverMean: Double
  /// The same on the past loads that experts were placed for; nil where there are none.
  public var plannedMaxOverMean: Double?

  public init(layer: Int, maxOverMean: Double, plannedMaxOverMean: Double? = nil) {
    self.layer = layer
    self.maxOverMean = maxOverMean
    self.plannedMaxOverMean = plannedMaxOverMean
  }
}
