// What a machine leaves behind: when each operation of each replica ran.

import Units

/// When the replicas that exchange with each other had all arrived, by operation and group.
struct Meetings {
  private var times: [Int64]
  private let groupCount: Int
  private let groupSize: Int

  init(places: Int, groupCount: Int, groupSize: Int) {
    times = Array(repeating: -1, count: places)
    self.groupCount = groupCount
    self.groupSize = groupSize
  }

  /// Notes that all of the replicas at a place, operation x groups + group, are there.
  mutating func note(_ place: Int, _ time: SimTime) { times[place] = time.picoseconds }

  /// When all replicas of a replica's group were at an exchange; nil if it met nobody.
  func time(_ operation: Int, replica: Int) -> Int64? {
    guard !times.isEmpty else { return nil }
    let time = times[operation * groupCount + replica / groupSize]
    return time < 0 ? nil : time
  }
}

/// The times of a step, seen from one replica.
struct StepTimes {
  private let starts: [Int64]
  private let ends: [Int64]
  /// The last end over all replicas.
  let makespan: Int64
  let fingerprint: String
  private let replicaCount: Int
  private let meetings: Meetings
  private var replica = 0

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
  func replica(_ replica: Int) -> StepTimes {
    var times = self
    times.replica = replica
    return times
  }

  /// Picoseconds at which an operation of the program started.
  func start(_ operation: some BinaryInteger) -> Int64 {
    starts[Int(operation) * replicaCount + replica]
  }
  /// Picoseconds at which it ended.
  func end(_ operation: some BinaryInteger) -> Int64 {
    ends[Int(operation) * replicaCount + replica]
  }
  /// Picoseconds that it took.
  func duration(_ operation: some BinaryInteger) -> Int64 { end(operation) - start(operation) }

  /// Picoseconds that an exchange waited for other replicas before its bytes could flow.
  func waiting(_ operation: Int32) -> Int64 {
    meetings.time(Int(operation), replica: replica).map { $0 - start(operation) } ?? 0
  }
}
