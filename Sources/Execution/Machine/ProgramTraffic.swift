// The network of a program and the flows in progress on it.

import Cluster
import EventKernel
import Units

/// Flows in progress and the transfers that they belong to.
struct ProgramTraffic: ~Copyable {
  var network: FlowNetwork
  /// Flows of every phase of every member; links are numbered across all members.
  private let flows: [TransferFlow]
  private let shares: MemberShares?
  /// Transfer t has phases `phaseStarts[t]` up to the next start. Likewise, phase p of member d has
  /// flows from `flowStarts[d x phases + p]`.
  private let phaseStarts: [Int]
  private let flowStarts: [Int]
  private let latencies: [SimDuration]
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

  init(_ program: StreamProgram, links: GPULinks, shares: MemberShares?) {
    self.shares = shares
    let memberCount = program.memberCount
    let allPhases = program.transfers.flatMap(\.phases)
    let rows = (0..<memberCount).flatMap { member in
      allPhases.map { links.flows(of: $0, member: member) }
    }
    flows = rows.flatMap { $0 }
    network = FlowNetwork(
      capacities: (0..<memberCount).flatMap { links.capacities(member: $0) }
        + links.switches.map(\.capacity),
      longestPath: flows.map(\.path.count).max() ?? 1)
    flowStarts = Self.starts(rows.map(\.count))
    phaseStarts = Self.starts(program.transfers.map(\.phases.count))
    latencies = allPhases.map(\.latency)
    let streams = memberCount * program.streams.count
    phases = Array(repeating: 0, count: streams)
    variants = Array(repeating: nil, count: streams)
    flowsLeft = phases
    rendezvous = RendezvousTimes(program)
    arrived = Array(repeating: 0, count: rendezvous.placeCount)
    departed = arrived
  }

  private static func starts(_ counts: [Int]) -> [Int] {
    var starts = [0]
    for count in counts { starts.append(starts[starts.count - 1] + count) }
    return starts
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
    phases[stream] = Int32(phaseStarts[sending.transfer.index])
    variants[stream] = sending.variant
    startPhase(on: stream, member: member)
  }

  /// Starts the next phase on a stream after one has ended; false if that was the last.
  mutating func startNextPhase(
    _ sending: StreamOperation.Sending, stream: Int, member: Int
  ) -> Bool {
    let next = Int(phases[stream]) + 1
    guard next < phaseStarts[sending.transfer.index + 1] else { return false }
    phases[stream] = Int32(next)
    startPhase(on: stream, member: member)
    return true
  }

  private mutating func startPhase(on stream: Int, member: Int) {
    let row = member * latencies.count + Int(phases[stream])
    let range = flowStarts[row]..<flowStarts[row + 1]
    precondition(!range.isEmpty, "a phase has a flow")
    flowsLeft[stream] = 0
    let variant = variants[stream]
    for index in range {
      let flow = flows[index]
      var bytes = flow.bytes
      if let variant, let part = flow.part, let shares {
        bytes *= shares.share(variant, member: member, part: part)
        // At least one flow must start, so that the phase ends.
        if bytes == 0 && (flowsLeft[stream] > 0 || index + 1 < range.upperBound) { continue }
      }
      flowsLeft[stream] += 1
      network.start(path: flow.path, bytes: bytes, weight: flow.weight, tag: stream)
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
    return flowsLeft[stream] == 0 ? latencies[Int(phases[stream])] : nil
  }
}
