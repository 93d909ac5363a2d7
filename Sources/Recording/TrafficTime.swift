// The exchanges of each simulated GPU, summed by purpose.

import Units

/// The count and total time of one simulated GPU's exchanges for one purpose.
package struct TrafficTime: WeightedTime, Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// The number of GPUs that it represents, itself included.
  package var gpus: Int
  /// The purpose of the exchanges.
  package var kind: TrafficKind
  /// The number of exchanges.
  package var count: Int
  /// The time from when the last GPU of an exchange is ready to its end, summed over the exchanges.
  package var time: SimDuration

  package init(
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
