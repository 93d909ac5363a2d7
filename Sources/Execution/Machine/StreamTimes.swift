// What the machine leaves behind: when each operation of each replica ran.

import Units

/// When the replicas that exchange with each other had all arrived, by operation and group.
struct Meetings: Sendable {
  /// By place of an operation and group.
  private var times: [Int64]
  /// The place of each operation's first group.
  private let places: [Int32]
  private let groupSizes: [Int32]

  init(_ program: StreamProgram) {
    var places: [Int32] = []
    var next: Int32 = 0
    for operation in program.operations {
      places.append(next)
      if operation.groupSize > 1 { next += Int32(program.replicaCount) / operation.groupSize }
    }
    self.places = places
    groupSizes = program.operations.map(\.groupSize)
    times = Array(repeating: -1, count: Int(next))
  }

  /// Places of all operations and groups.
  var placeCount: Int { times.count }

  /// The place of a group of replicas at an operation.
  ///
  /// - Precondition: the operation takes place between replicas.
  func place(_ operation: Int, group: Int) -> Int { Int(places[operation]) + group }

  /// Notes that all of the replicas at a place are there.
  mutating func note(_ place: Int, _ time: SimTime) { times[place] = time.picoseconds }

  /// When all replicas of a replica's group were at an operation; nil if it met nobody.
  func time(_ operation: Int, replica: Int) -> Int64? {
    let size = Int(groupSizes[operation])
    guard size > 1 else { return nil }
    let time = times[place(operation, group: replica / size)]
    return time < 0 ? nil : time
  }
}

/// The times of a program, seen from one replica.
public struct StreamTimes: Sendable {
  @usableFromInline let starts: [Int64]
  @usableFromInline let ends: [Int64]
  /// The last end over all replicas.
  public let makespan: Int64
  /// Hash over the executed events, in hexadecimal.
  public let fingerprint: String
  @usableFromInline let replicaCount: Int
  private let meetings: Meetings
  @usableFromInline private(set) var replica = 0

  init(
    starts: [Int64], ends: [Int64], makespan: Int64, fingerprint: String, replicaCount: Int,
    meetings: Meetings
  ) {
    self.starts = starts
    self.ends = ends
    self.makespan = makespan
    self.fingerprint = fingerprint
    self.replicaCount = replicaCount
    self.meetings = meetings
  }

  /// The times as another replica has them.
  public func replica(_ replica: Int) -> StreamTimes {
    var times = self
    times.replica = replica
    return times
  }

  /// Picoseconds at which an operation of the program started.
  @inlinable
  public func start(_ operation: some BinaryInteger) -> Int64 {
    starts[Int(operation) * replicaCount + replica]
  }
  /// Picoseconds at which it ended.
  @inlinable
  public func end(_ operation: some BinaryInteger) -> Int64 {
    ends[Int(operation) * replicaCount + replica]
  }
  /// Picoseconds that it took.
  @inlinable
  public func duration(_ operation: some BinaryInteger) -> Int64 {
    end(operation) - start(operation)
  }

  /// Picoseconds that an exchange waited for other replicas before its bytes could flow.
  public func waiting(_ operation: Int32) -> Int64 {
    meetings.time(Int(operation), replica: replica).map { $0 - start(operation) } ?? 0
  }
}
