// The network of a program and the flows in progress on it.

import Cluster
import EventKernel
import Units

/// Flows in progress and the transfers that they belong to.
struct ProgramTraffic: ~Copyable {
  var network: FlowNetwork
  private let transfers: PlacedTransfers
  /// The path of each flow, as the network has stored it.
  private let routes: [RouteID]
  private let shares: MemberShares?
  /// The pace of the exchange kernels of each member of each rank.
  private var paces: [Double]
  /// For the transfer on each stream: the current phase, its variant, and the number of its flows
  /// that have not drained.
  private var phases: [Int32]
  private var variants: [MemberShares.Variant?]
  private var flowsLeft: [Int32]
  /// Members that have arrived at an operation, and those that have sent all, by place in
  /// `rendezvous`.
  private var arrived: [Int16]
  private var departed: [Int16]
  private(set) var rendezvous: RendezvousTimes
  var wakeUp: EventHandle?
  /// Whether flows have changed in this instant and an update of the next drain time is scheduled.
  var isChanged = false
  var completions: [FlowCompletion] = []

  init(_ program: StreamProgram, _ transfers: PlacedTransfers, shares: MemberShares?) {
    self.transfers = transfers
    self.shares = shares
    var network = FlowNetwork(
      capacities: transfers.network.links.map(\.capacity),
      longestPath: transfers.flows.reduce(1) { max($0, $1.linkCount) })
    var routes: [RouteID] = []
    routes.reserveCapacity(transfers.flows.count)
    for flow in transfers.flows {
      routes.append(network.addRoute(transfers.links(of: flow).map { Int32($0.index) }))
    }
    self.routes = routes
    self.network = network
    let streams = program.memberCount * program.streams.count
    // Without links, exchanges take fixed durations.
    paces = Array(repeating: 1, count: transfers.network.rankCount * program.memberCount)
    phases = Array(repeating: 0, count: streams)
    variants = Array(repeating: nil, count: streams)
    flowsLeft = phases
    rendezvous = RendezvousTimes(program)
    arrived = Array(repeating: 0, count: rendezvous.placeCount)
    departed = arrived
  }

  /// Records that a member of a group has arrived; returns whether it was the last.
  mutating func arrives(
    _ operation: OperationID, group: Int, of size: Int, at time: SimTime
  ) -> Bool {
    let place = rendezvous.place(operation, group: group)
    arrived[place] += 1
    guard Int(arrived[place]) == size else { return false }
    rendezvous.noteStart(place, time)
    return true
  }

  /// Records that a member of a group has sent all of its part; returns whether it was the last.
  mutating func departs(
    _ operation: OperationID, group: Int, of size: Int, member: Int, at time: SimTime
  ) -> Bool {
    let place = rendezvous.place(operation, group: group)
    rendezvous.noteSent(operation, member: member, time)
    departed[place] += 1
    return Int(departed[place]) == size
  }

  /// Starts the first phase of a transfer on a stream.
  mutating func start(_ sending: StreamOperation.Sending, stream: Int, member: Int) {
    phases[stream] = Int32(transfers.phaseStarts[sending.transfer.index])
    variants[stream] = sending.variant
    startPhase(on: stream, member: member)
  }

  /// Starts the next phase on a stream after one has ended; false if that was the last.
  mutating func startNextPhase(
    _ sending: StreamOperation.Sending, stream: Int, member: Int
  ) -> Bool {
    let next = Int(phases[stream]) + 1
    guard next < transfers.phaseStarts[sending.transfer.index + 1] else { return false }
    phases[stream] = Int32(next)
    startPhase(on: stream, member: member)
    return true
  }

  private mutating func startPhase(on stream: Int, member: Int) {
    let row = member * transfers.latencies.count + Int(phases[stream])
    let range = transfers.flowStarts[row]..<transfers.flowStarts[row + 1]
    precondition(!range.isEmpty, "a phase has a flow")
    flowsLeft[stream] = 0
    let variant = variants[stream]
    for index in range {
      let flow = transfers.flows[index]
      var bytes = flow.bytes
      if let variant, let part = flow.part, let shares {
        bytes *= shares.share(variant, member: member, part: part)
        // At least one flow must start, so that the phase ends.
        if bytes == 0 && (flowsLeft[stream] > 0 || index + 1 < range.upperBound) { continue }
      }
      flowsLeft[stream] += 1
      network.start(on: routes[index], bytes: bytes, weight: flow.weight, tag: stream)
    }
  }

  /// Whether the exchange kernels of a member run at another pace. Ranks and their members are
  /// numbered together.
  func changesPace(to pace: Double, rank: Int) -> Bool { !paces.isEmpty && paces[rank] != pace }

  /// Scales the rates at which the exchange kernels of a member feed their links.
  mutating func setPace(_ pace: Double, rank: Int) {
    paces[rank] = pace
    let (rank, member) = rank.quotientAndRemainder(
      dividingBy: transfers.network.representatives.count)
    for kernel in KernelRate.allCases {
      let link = transfers.network.kernel(kernel, rank: rank, member: member)
      network.setCapacity(transfers.network[link].capacity * pace, ofLink: link.index)
    }
  }

  /// INV-3: at the end, every byte that was sent has arrived.
  func checkConservation() {
    let (sent, drained) = (network.bytesStarted, network.bytesDrained)
    precondition(
      network.flowCount == 0 && abs(sent - drained) <= 1e-9 * sent,
      "INV-3: \(sent) bytes sent, \(drained) delivered")
  }

  /// Counts a drained flow of a stream; returns the latency of its phase if the flow was the last.
  mutating func drained(_ stream: Int) -> SimDuration? {
    flowsLeft[stream] -= 1
    return flowsLeft[stream] == 0 ? transfers.latencies[Int(phases[stream])] : nil
  }
}
