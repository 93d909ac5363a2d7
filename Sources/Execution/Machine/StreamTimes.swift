// The result of the machine: when each operation of each member ran.

import Units

/// The times of a program, as seen by one member.
package struct StreamTimes: Sendable {
  /// Start of each operation of each member, ordered by member.
  @usableFromInline let starts: [SimTime]
  @usableFromInline let ends: [SimTime]
  /// The last end over all members.
  package let makespan: SimTime
  /// Hash over the executed events, in hexadecimal.
  package let fingerprint: String
  /// The simulated GPUs.
  package let representatives: Representatives
  /// Number of operations of a member.
  private let operationCount: Int
  private let rendezvous: RendezvousTimes
  /// The member whose times these are.
  package private(set) var member = 0
  /// The position of the member's first operation.
  @usableFromInline var first = 0

  init(
    starts: [SimTime], ends: [SimTime], fingerprint: String, representatives: Representatives,
    rendezvous: RendezvousTimes
  ) {
    self.starts = starts
    self.ends = ends
    makespan = ends.max() ?? .zero
    self.fingerprint = fingerprint
    self.representatives = representatives
    operationCount = starts.count / representatives.count
    self.rendezvous = rendezvous
  }

  /// The times as seen by another member.
  package func member(_ member: Int) -> StreamTimes {
    var times = self
    times.member = member
    times.first = member * operationCount
    return times
  }

  /// The times as seen by each member.
  package var members: [StreamTimes] { (0..<representatives.count).map { member($0) } }

  /// Number of GPUs that the member represents.
  package var gpus: Int { representatives.members[member].weight }

  /// When an operation started.
  @inlinable
  package func start(_ operation: OperationID) -> SimTime {
    starts[first + operation.index]
  }
  /// When an operation ended.
  @inlinable
  package func end(_ operation: OperationID) -> SimTime {
    ends[first + operation.index]
  }
  /// Duration of an operation.
  @inlinable
  package func duration(_ operation: OperationID) -> SimDuration {
    end(operation) - start(operation)
  }

  /// How long an exchange waited for other members before its bytes could flow.
  package func waiting(_ operation: OperationID) -> SimDuration {
    rendezvous.start(operation, member: member).map { $0 - start(operation) } ?? .zero
  }

  /// How long an exchange continued for other members after this member's part had arrived.
  package func lag(_ operation: OperationID) -> SimDuration {
    rendezvous.sent(operation, member: member).map { end(operation) - $0 } ?? .zero
  }
}
