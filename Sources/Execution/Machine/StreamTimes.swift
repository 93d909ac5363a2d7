// What the machine leaves behind: when each operation of each member ran.

import Recording
import Units

/// When the members that exchange with each other had all arrived, and when each had sent its part.
struct Meetings: Sendable {
  /// By place of an operation and group.
  private var times: [Int64]
  /// The place of each operation's first group.
  private let places: [Int32]
  /// By place of an operation among those that take place between members, and member.
  private var sent: [Int64]
  private let rows: [Int32]
  private let operations: [Meeting]
  private let representatives: Representatives

  private struct Meeting: Sendable {
    var level: UInt8
    var startsTogether: Bool
  }

  init(_ program: StreamProgram) {
    representatives = program.representatives
    operations = program.operations.map {
      Meeting(level: $0.transfer < 0 ? 0 : $0.level, startsTogether: $0.startsTogether)
    }
    var places: [Int32] = []
    var rows: [Int32] = []
    var (place, row): (Int32, Int32) = (0, 0)
    for operation in operations {
      places.append(place)
      rows.append(row)
      place += Int32(program.representatives.groupCount(level: operation.level))
      if operation.level > 0 { row += 1 }
    }
    self.places = places
    self.rows = rows
    times = Array(repeating: -1, count: Int(place))
    // A member alone has nobody to wait for.
    let isAlone = representatives.count == 1
    sent = Array(repeating: -1, count: isAlone ? 0 : Int(row) * representatives.count)
  }

  /// Places of all operations and groups.
  var placeCount: Int { times.count }

  /// The place of a group of members at an operation.
  ///
  /// - Precondition: the operation takes place between members.
  func place(_ operation: Int, group: Int) -> Int { Int(places[operation]) + group }

  /// Notes that all of the members at a place are there.
  mutating func note(_ place: Int, _ time: SimTime) { times[place] = time.picoseconds }

  /// Notes that a member has sent its part of an operation.
  mutating func noteSent(_ operation: Int, member: Int, _ time: SimTime) {
    sent[Int(rows[operation]) * representatives.count + member] = time.picoseconds
  }

  /// When all members of a member's group were at an operation that they start together; nil where
  /// it meets nobody.
  func start(_ operation: Int, member: Int) -> Int64? {
    guard operations[operation].startsTogether,
      let group = meeting(operation, member: member)
    else { return nil }
    let time = times[place(operation, group: group)]
    return time < 0 ? nil : time
  }

  /// When a member had sent its own part of an operation; nil where it meets nobody.
  func sent(_ operation: Int, member: Int) -> Int64? {
    guard meeting(operation, member: member) != nil else { return nil }
    return sent[Int(rows[operation]) * representatives.count + member]
  }

  /// The group in which a member meets others at an operation.
  private func meeting(_ operation: Int, member: Int) -> Int? {
    let level = operations[operation].level
    guard level > 0 else { return nil }
    let group = representatives.group(level: level, of: member)
    return representatives.size(level: level, group: group) > 1 ? group : nil
  }
}

/// The times of a program, seen from one member.
public struct StreamTimes: Sendable {
  @usableFromInline let starts: [Int64]
  @usableFromInline let ends: [Int64]
  /// The last end over all members.
  public let makespan: Int64
  /// Hash over the executed events, in hexadecimal.
  public let fingerprint: String
  /// Whose times these are, and those of the others.
  public let representatives: Representatives
  @usableFromInline let memberCount: Int
  private let meetings: Meetings
  /// The member whose times these are.
  public private(set) var member = 0

  init(
    starts: [Int64], ends: [Int64], makespan: Int64, fingerprint: String,
    representatives: Representatives, meetings: Meetings
  ) {
    self.starts = starts
    self.ends = ends
    self.makespan = makespan
    self.fingerprint = fingerprint
    self.representatives = representatives
    memberCount = representatives.count
    self.meetings = meetings
  }

  /// The times as another member has them.
  public func member(_ member: Int) -> StreamTimes {
    var times = self
    times.member = member
    return times
  }

  /// The times as each member has them.
  public var members: [StreamTimes] { (0..<memberCount).map { member($0) } }

  /// GPUs that the member stands for.
  public var gpus: Int { representatives.members[member].weight }

  /// Picoseconds at which an operation of the program started.
  @inlinable
  public func start(_ operation: some BinaryInteger) -> Int64 {
    starts[Int(operation) * memberCount + member]
  }
  /// Picoseconds at which it ended.
  @inlinable
  public func end(_ operation: some BinaryInteger) -> Int64 {
    ends[Int(operation) * memberCount + member]
  }
  /// Picoseconds that it took.
  @inlinable
  public func duration(_ operation: some BinaryInteger) -> Int64 {
    end(operation) - start(operation)
  }

  /// Picoseconds that an exchange waited for other members before its bytes could flow.
  public func waiting(_ operation: Int32) -> Int64 {
    meetings.start(Int(operation), member: member).map { $0 - start(operation) } ?? 0
  }

  /// Seconds of some exchanges once all members are there, mean over all GPUs of all ranks.
  public func meanSeconds(exchanges: [Int], ranks: Int) -> Double {
    let sum = members.reduce(Int128(0)) { sum, times in
      let own = exchanges.reduce(Int64(0)) {
        $0 + times.duration($1) - times.waiting(Int32($1))
      }
      return sum + Int128(own) * Int128(times.gpus)
    }
    return Recording.meanSeconds(ofPicoseconds: sum, over: representatives.gpuCount * ranks)
  }

  /// Picoseconds that an exchange went on for other members after its own part had arrived.
  public func lag(_ operation: Int32) -> Int64 {
    meetings.sent(Int(operation), member: member).map { end(operation) - $0 } ?? 0
  }
}
