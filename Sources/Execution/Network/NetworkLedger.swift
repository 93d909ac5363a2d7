// Sums the bytes that a program sent: by purpose, by port, and over time.
//
// The bytes of an operation are spread evenly over its duration; sharing a port shifts them by less
// than that duration.

import Recording
import Units

/// Sums over the operations of a program. Each member is weighted by the GPUs that it represents.
package struct NetworkLedger {
  private let program: StreamProgram
  private let links: GPULinks
  private let shares: MemberShares?
  private let members: [Representatives.Member]
  private let makespan: SimTime
  /// Bytes by purpose and class of port, over all GPUs: `[kind x classes + class]`.
  private var traffic: [Double]
  /// Bytes of each port of one GPU, `[(rank x members + member) x classes + class]`, followed by
  /// those of each link between switches.
  private var carried: [Double]
  /// Transfer t of member d has bookings from `bookingStarts[d x transfers + t]` to the next start.
  private var bookings: [Booking] = []
  private var bookingStarts = [0]
  /// Bytes of each class in each interval: `[class x intervals + interval]`.
  private var loads: [Double]
  private static let intervals = 50
  private static let classes = PortClass.allCases.count

  /// - Parameters:
  ///   - times: the times of the program's operations.
  ///   - shares: how much each member sends of transfers in which members differ.
  ///   - kind: the purpose of an operation's traffic; nil for operations not booked.
  package init(
    _ program: StreamProgram, _ times: StreamTimes, links: GPULinks,
    shares: MemberShares? = nil, kind: (_ operation: Int) -> TrafficKind?
  ) {
    self.shares = shares
    self.program = program
    self.links = links
    members = program.representatives.members
    makespan = times.makespan
    traffic = Array(repeating: 0, count: TrafficKind.allCases.count * Self.classes)
    let portPlaces = program.rankCount * members.count * Self.classes
    carried = Array(repeating: 0, count: portPlaces + links.switches.count)
    loads = Array(repeating: 0, count: Self.classes * Self.intervals)
    prepare()
    for (member, times) in times.members.enumerated() {
      for (index, operation) in program.operations.enumerated() {
        guard let sending = operation.sending, let purpose = kind(index) else { continue }
        let id = OperationID(index)
        add(sending, purpose.caseIndex, from: times.start(id), to: times.end(id), member: member)
      }
    }
  }

  /// Number of port entries in `carried`.
  private var portPlaces: Int { program.rankCount * members.count * Self.classes }

  /// The sums as records.
  package var use: NetworkUse {
    let gpus = Double(program.rankCount * program.representatives.gpuCount)
    var use = NetworkUse()
    for (kindIndex, kind) in TrafficKind.allCases.enumerated() {
      for (column, link) in PortClass.allCases.enumerated() {
        let bytes = traffic[kindIndex * Self.classes + column]
        guard bytes > 0 else { continue }
        use.traffic.append(Traffic(kind: kind, link: link, bytesPerGPU: Bytes(bytes / gpus)))
      }
    }
    let capacities = members.indices.map { links.capacities(member: $0) }
    // B/s of all ports of each class.
    var sums = [Double](repeating: 0, count: Self.classes)
    for port in 0..<portPlaces {
      let (place, column) = port.quotientAndRemainder(dividingBy: Self.classes)
      let (rank, member) = place.quotientAndRemainder(dividingBy: members.count)
      let link = PortClass.allCases[column]
      guard link.isPort else { continue }
      let capacity = capacities[member][links.index(of: link, rank: rank)]
      sums[column] += capacity.value * Double(members[member].weight)
      guard carried[port] > 0 else { continue }
      use.links.append(
        LinkUse(
          .gpu(rank: rank, member: member, gpus: members[member].weight), link: link,
          bytes: Bytes(carried[port]), capacity: capacity))
    }
    for (index, link) in links.switches.enumerated() {
      sums[link.link.caseIndex] += link.capacity.value * Double(link.gpus)
      let bytes = carried[portPlaces + index]
      guard bytes > 0 else { continue }
      // Only shares have no name.
      let owner =
        link.name.map { LinkOwner.network(number: link.number, name: $0) }
        ?? .gpu(rank: link.number, member: link.member, gpus: link.gpus)
      use.links.append(
        LinkUse(
          owner, link: link.link, bytes: Bytes(bytes), capacity: link.capacity))
    }
    for (column, link) in PortClass.allCases.enumerated() {
      addLoads(of: link, column, capacity: sums[column], to: &use)
    }
    return use
  }

  private func addLoads(
    of link: PortClass, _ column: Int, capacity: Double, to use: inout NetworkUse
  ) {
    let row = loads[column * Self.intervals..<(column + 1) * Self.intervals]
    guard row.contains(where: { $0 > 0 }) else { return }
    for (interval, bytes) in row.enumerated() {
      let (start, end) = (bound(interval), bound(interval + 1))
      guard end > start else { continue }
      let most = capacity * Double((end - start).picoseconds) * 1e-12
      use.loads.append(
        LinkLoad(link: link, start: start, end: end, utilisation: bytes / most))
    }
  }

  /// The start of an interval.
  private func bound(_ interval: Int) -> SimTime {
    let (quotient, remainder) = makespan.picoseconds.quotientAndRemainder(
      dividingBy: Int64(Self.intervals))
    return SimTime(
      picoseconds: quotient * Int64(interval)
        + remainder * Int64(interval) / Int64(Self.intervals))
  }

  private mutating func add(
    _ sending: StreamOperation.Sending, _ kind: Int, from start: SimTime, to end: SimTime,
    member: Int
  ) {
    let row = member * program.transfers.count + sending.transfer.index
    for position in bookingStarts[row]..<bookingStarts[row + 1] {
      let booking = bookings[position]
      var bytes = booking.bytes
      if let variant = sending.variant, let part = booking.part, let shares {
        bytes *= shares.share(variant, member: member, part: part)
      }
      guard bytes > 0 else { continue }
      carried[booking.place] += bytes
      traffic[kind * Self.classes + booking.column] += bytes * booking.weight
      spread(bytes * booking.weight, booking.column, from: start, to: end)
    }
  }

  /// The bytes that one flow adds to one link.
  private struct Booking {
    /// Position of the link's class.
    var column: Int
    /// Position in `carried`.
    var place: Int
    var bytes: Double
    /// Number of GPUs with such a link.
    var weight: Double
    /// `TransferFlow.part`.
    var part: MemberShares.Part?
  }

  /// Determines, once per transfer and member, the bytes that it adds to each link.
  private mutating func prepare() {
    let firstSwitch = links.firstSwitch(members: members.count)
    for member in members.indices {
      for transfer in program.transfers {
        for flow in transfer.phases.flatMap({ links.flows(of: $0, member: member) }) {
          bookings += flow.path.compactMap { booking(flow, on: $0, firstSwitch) }
        }
        bookingStarts.append(bookings.count)
      }
    }
  }

  private func booking(_ flow: TransferFlow, on link: Int32, _ firstSwitch: Int32) -> Booking? {
    if link >= firstSwitch {
      let index = Int(link - firstSwitch)
      let shared = links.switches[index]
      return Booking(
        column: shared.link.caseIndex, place: portPlaces + index, bytes: flow.bytes,
        weight: Double(shared.gpus), part: flow.part)
    }
    let (member, local) = Int(link).quotientAndRemainder(dividingBy: links.capacities.count)
    guard let (rank, port) = links.port(Int32(local)), let column = port.portClass?.caseIndex
    else { return nil }
    return Booking(
      column: column, place: (rank * members.count + member) * Self.classes + column,
      bytes: flow.bytes, weight: Double(members[member].weight), part: flow.part)
  }

  private mutating func spread(
    _ bytes: Double, _ column: Int, from start: SimTime, to end: SimTime
  ) {
    guard makespan > .zero else { return }
    let scale = Double(Self.intervals) / Double(makespan.picoseconds)
    let first = min(Self.intervals - 1, Int(Double(start.picoseconds) * scale))
    let last = min(Self.intervals - 1, Int(Double(end.picoseconds) * scale))
    let row = column * Self.intervals
    guard first < last else {
      loads[row + first] += bytes
      return
    }
    let length = Double((end - start).picoseconds)
    var left = bytes
    for interval in first..<last {
      let part = min(end, bound(interval + 1)) - max(start, bound(interval))
      let share = bytes * Double(max(.zero, part).picoseconds) / length
      loads[row + interval] += share
      left -= share
    }
    loads[row + last] += left
  }
}
