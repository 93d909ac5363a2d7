// When the members of a group met in each exchange.

import Units

/// When all members of a group had arrived at an exchange, and when each had sent its part.
struct RendezvousTimes: Sendable {
  /// By place of the operation and group.
  private var starts: [SimTime]
  /// The place of each operation's first group.
  private let places: [Int32]
  /// By member and row of an operation.
  private var sent: [SimTime]
  /// The row of each operation among those with a rendezvous.
  private let rows: [Int32]
  private let rowCount: Int
  private let operations: [Rendezvous?]
  private let representatives: Representatives

  init(_ program: StreamProgram) {
    representatives = program.representatives
    operations = program.operations.map { $0.sending?.rendezvous }
    var places: [Int32] = []
    var rows: [Int32] = []
    var (place, row): (Int32, Int32) = (0, 0)
    for rendezvous in operations {
      places.append(place)
      rows.append(row)
      guard let rendezvous else { continue }
      place += Int32(representatives.groupCount(level: rendezvous.level))
      row += 1
    }
    self.places = places
    self.rows = rows
    rowCount = Int(row)
    starts = Array(repeating: .zero, count: Int(place))
    // A single member waits for no other.
    let isAlone = representatives.count == 1
    sent = Array(repeating: .zero, count: isAlone ? 0 : Int(row) * representatives.count)
  }

  /// Places of all operations and groups.
  var placeCount: Int { starts.count }

  /// The place of a group of members at an operation.
  ///
  /// - Precondition: the operation has a rendezvous.
  func place(_ operation: OperationID, group: Int) -> Int {
    Int(places[operation.index]) + group
  }

  /// Records when all members had arrived at a place.
  mutating func noteStart(_ place: Int, _ time: SimTime) { starts[place] = time }

  /// Records when a member had sent its part of an operation.
  mutating func noteSent(_ operation: OperationID, member: Int, _ time: SimTime) {
    sent[member * rowCount + Int(rows[operation.index])] = time
  }

  /// When all members of the group had arrived at an operation that they start together; nil if the
  /// member waits for no other.
  func start(_ operation: OperationID, member: Int) -> SimTime? {
    guard let rendezvous = operations[operation.index], rendezvous.startsTogether,
      let shared = representatives.sharedGroup(level: rendezvous.level, of: member)
    else { return nil }
    return starts[place(operation, group: shared.group)]
  }

  /// When a member had sent its part of an operation; nil if it waits for no other.
  func sent(_ operation: OperationID, member: Int) -> SimTime? {
    guard let rendezvous = operations[operation.index],
      representatives.sharedGroup(level: rendezvous.level, of: member) != nil
    else { return nil }
    return sent[member * rowCount + Int(rows[operation.index])]
  }
}
