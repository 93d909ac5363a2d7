// The exchanges of each simulated GPU, summed by purpose.

import Units

/// The exchanges of one simulated GPU for one purpose: how many, and how long they take.
package struct TrafficTime: WeightedTime, Hashable, Sendable {
  /// The rank, from 0.
  package var rank: Int
  /// The simulated GPU of the rank, from 0.
  package var member: Int
  /// GPUs that it stands for, itself included.
  package var gpus: Int
  /// Why it sends.
  package var kind: TrafficKind
  /// How many exchanges there are.
  package var count: Int
  /// From when the last GPU of an exchange is ready to its end, summed over the exchanges.
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
