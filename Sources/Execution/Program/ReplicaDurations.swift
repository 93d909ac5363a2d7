// Times of operations that replicas of a program do not share.

import Units

/// A time for each variant and member: replicas whose numbers differ by the members have the same.
public struct ReplicaDurations: Sendable {
  /// `[variants, members]`.
  private let times: [ComputeTime]
  private let memberCount: Int

  /// - Parameter time: of a variant on a member.
  public init(
    variantCount: Int, memberCount: Int, time: (_ variant: Int, _ member: Int) -> ComputeTime
  ) {
    self.memberCount = memberCount
    var times: [ComputeTime] = []
    times.reserveCapacity(variantCount * memberCount)
    for variant in 0..<variantCount {
      for member in 0..<memberCount { times.append(time(variant, member)) }
    }
    self.times = times
  }

  /// The time on a replica.
  public func time(_ variant: Int32, replica: Int) -> ComputeTime {
    times[Int(variant) * memberCount + replica % memberCount]
  }
}
