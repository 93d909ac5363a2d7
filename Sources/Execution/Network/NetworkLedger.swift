// Sums the bytes that a program sent: by purpose, by port, and over time.
//
// The bytes of an operation are spread evenly over its duration; sharing a port shifts them by less
// than that duration.

import Cluster
import Recording
import Units

/// Sums over the operations of a program. Each member is weighted by the GPUs that it represents.
package struct NetworkLedger {
  private let program: StreamProgram
  private let transfers: PlacedTransfers
  private let shares: MemberShares?
  private let makespan: SimTime
  /// Bytes by purpose and class of link, over all GPUs.
  private var traffic = EnumTable<TrafficKind, EnumTable<LinkClass, Double>>(
    repeating: EnumTable(repeating: 0))
  /// Bytes of each link of the network.
  private var carried: [Double]
  /// Bytes of each class in each interval.
  private var loads = EnumTable<LinkClass, [Double]>(
    repeating: Array(repeating: 0, count: intervals))
  private static let intervals = 50

  private var network: StepNetwork { transfers.network }

  /// - Parameters:
  ///   - program: the program that has run.
  ///   - times: the times of the program's operations.
  ///   - transfers: the program's transfers on their links.
  ///   - shares: how much each member sends of transfers in which members differ.
  ///   - kind: the purpose of an operation's traffic; nil for operations not booked.
  package init(
    _ program: StreamProgram, _ times: StreamTimes, transfers: PlacedTransfers,
    shares: MemberShares? = nil, kind: (_ operation: Int) -> TrafficKind?
  ) {
    self.shares = shares
    self.program = program
    self.transfers = transfers
    makespan = times.makespan
    carried = Array(repeating: 0, count: transfers.network.links.count)
    for (member, times) in times.members.enumerated() {
      for (index, operation) in program.operations.enumerated() {
        guard let sending = operation.sending, let purpose = kind(index) else { continue }
        let id = OperationID(index)
        add(sending, purpose, from: times.start(id), to: times.end(id), member: member)
      }
    }
  }

  /// The sums as records.
  package var use: NetworkUse {
    let gpus = Double(program.rankCount * program.representatives.gpuCount)
    var use = NetworkUse()
    for kind in TrafficKind.allCases {
      for link in LinkClass.allCases {
        let bytes = traffic[kind][link]
        guard bytes > 0 else { continue }
        use.traffic.append(Traffic(kind: kind, link: link, bytesPerGPU: Bytes(bytes / gpus)))
      }
    }
    // B/s of all links of each class.
    var sums = EnumTable<LinkClass, Double>(repeating: 0)
    for (link, bytes) in zip(network.links, carried) {
      guard let kind = link.kind else { continue }
      sums[kind] += link.capacity.value * Double(link.gpus)
      guard bytes > 0 else { continue }
      use.links.append(
        LinkUse(link.owner, link: kind, bytes: Bytes(bytes), capacity: link.capacity))
    }
    for kind in LinkClass.allCases { addLoads(of: kind, capacity: sums[kind], to: &use) }
    return use
  }

  private func addLoads(of link: LinkClass, capacity: Double, to use: inout NetworkUse) {
    let row = loads[link]
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
    _ sending: StreamOperation.Sending, _ purpose: TrafficKind, from start: SimTime,
    to end: SimTime, member: Int
  ) {
    for flow in transfers.flows(of: sending.transfer, member: member) {
      var bytes = flow.bytes
      if let variant = sending.variant, let part = flow.part, let shares {
        bytes *= shares.share(variant, member: member, part: part)
      }
      guard bytes > 0 else { continue }
      for link in transfers.links(of: flow) {
        guard let kind = network[link].kind else { continue }
        carried[link.index] += bytes
        let all = bytes * Double(network[link].gpus)
        traffic[purpose][kind] += all
        spread(all, kind, from: start, to: end)
      }
    }
  }

  private mutating func spread(
    _ bytes: Double, _ kind: LinkClass, from start: SimTime, to end: SimTime
  ) {
    guard makespan > .zero else { return }
    let scale = Double(Self.intervals) / Double(makespan.picoseconds)
    let first = min(Self.intervals - 1, Int(Double(start.picoseconds) * scale))
    let last = min(Self.intervals - 1, Int(Double(end.picoseconds) * scale))
    guard first < last else {
      loads[kind][first] += bytes
      return
    }
    let length = Double((end - start).picoseconds)
    var left = bytes
    for interval in first..<last {
      let part = min(end, bound(interval + 1)) - max(start, bound(interval))
      let share = bytes * Double(max(.zero, part).picoseconds) / length
      loads[kind][interval] += share
      left -= share
    }
    loads[kind][last] += left
  }
}
