// The exchanges of each simulated GPU, summed by purpose.

import Units

/// The exchanges of one simulated GPU for one purpose: how many, and how long they take.
public struct TrafficTime: WeightedTime, Hashable, Sendable {
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
  /// From when the last GPU of an exchange is ready to its end, summed over the exchanges.
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
