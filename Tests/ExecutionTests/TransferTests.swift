// Transfers of operations on networks that are small enough to time by hand: one byte per
// picosecond.

import Cluster
import Recording
import Testing
import Units

@testable import Execution

@Suite("Transfers on the stream machine")
struct TransferTests {
  /// The placed transfers of a program.
  func placed(_ program: StreamProgram) -> PlacedTransfers {
    let rate = BytesPerSecond(1e12)
    return PlacedTransfers(
      program,
      on: StepNetwork(
        rankCount: 2, representatives: program.representatives,
        ports: StepNetwork.Port.allCases.map { _ in rate },
        kernels: KernelRate.allCases.map { _ in rate }))
  }

  /// Runs a program.
  func run(_ program: StreamProgram, shares: MemberShares? = nil) -> StreamTimes {
    StreamMachine(program, transfers: placed(program), shares: shares).run()
  }

  /// The use of the network by a program.
  func use(
    _ program: StreamProgram, _ times: StreamTimes, _ kind: TrafficKind,
    shares: MemberShares? = nil
  ) -> NetworkUse {
    NetworkLedger(program, times, transfers: placed(program), shares: shares) { _ in kind }.use
  }

  /// A transfer of rank 0 with one leg.
  func transfer(_ bytes: Double, _ course: Leg.Course, latency: Int64 = 0) -> Transfer {
    Transfer(rank: 0, [phase(bytes, course, latency: latency)])
  }

  func phase(
    _ bytes: Double, _ course: Leg.Course, _ ends: Leg.Ends = .both, latency: Int64 = 0
  ) -> TransferPhase {
    TransferPhase(
      [Leg(course, ends, bytes: bytes)], latency: SimDuration(picoseconds: latency))
  }

  /// Through the ports of rank 0, or to rank 1.
  let exchange = Leg.Course.network(.everyone(groupSize: 1))
  let hop = Leg.Course.network(.rank(1))
  let scaleUp = Leg.Course.scaleUp(rank: nil)

  /// Adds an operation that sends.
  func add(
    _ program: inout StreamProgram, _ stream: TestStream, _ transfer: Transfer,
    _ rendezvous: Rendezvous? = nil, inputs: [OperationID] = []
  ) -> OperationID {
    let sending = StreamOperation.Sending(program.add(transfer), rendezvous: rendezvous)
    return program.add(
      StreamOperation(rank: 0, stream: stream.rawValue, .sends(sending)), inputs: inputs)
  }

  @Test("a flow alone takes its bytes at the port's rate plus its latency")
  func alone() {
    var program = StreamProgram(rankCount: 2)
    let sent = transfer(1000, hop, latency: 30)
    let send = add(&program, .send, sent)

    let times = run(program)

    #expect(times.end(send) == 1030)
    #expect(placed(program).network.aloneDuration(of: sent).picoseconds == 1030)
  }

  @Test("a dispatch and a pipeline transfer share the port they both use")
  func sharedPort() {
    var program = StreamProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, transfer(1000, exchange))
    let send = add(
      &program, .send, transfer(400, hop))

    let times = run(program)

    // Half the rate each until the 400 bytes are sent, then the dispatch has the port to itself.
    #expect(times.end(send) == 800)
    #expect(times.end(dispatch) == 1400)
  }

  @Test("flows through different ports do not slow each other")
  func differentPorts() {
    var program = StreamProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, transfer(1000, scaleUp))
    let send = add(
      &program, .send, transfer(400, hop))

    let times = run(program)

    #expect(times.end(send) == 400)
    #expect(times.end(dispatch) == 1000)
  }

  @Test("phases are consecutive, each with its latency")
  func phases() {
    var program = StreamProgram(rankCount: 2)
    let reduction = Transfer(
      rank: 0,
      [phase(1000, scaleUp, .out, latency: 10), phase(500, exchange, .out, latency: 5)])
    let operation = add(&program, .communication, reduction)
    let after = program.add(.compute, alone: 7, inputs: [operation])

    let times = run(program)

    #expect(times.end(operation) == 1515)
    #expect(times.end(after) == 1522)
  }

  @Test("an exchange ends only after both legs have drained")
  func legs() {
    var program = StreamProgram(rankCount: 2)
    let legs = Transfer(
      rank: 0,
      [
        TransferPhase(
          [Leg(exchange, .out, bytes: 300), Leg(scaleUp, .out, bytes: 900)],
          latency: SimDuration(picoseconds: 1))
      ])
    let dispatch = add(&program, .communication, legs)

    let times = run(program)

    #expect(times.end(dispatch) == 901)
  }

  @Test("members of a rank run as one would, and wait for each other when they exchange")
  func members() {
    func program(_ members: Int, groups: Int) -> (
      StreamProgram, dispatch: OperationID, send: OperationID
    ) {
      var program = StreamProgram(rankCount: 2, members: members, groups: groups)
      let compute = program.add(.compute, alone: 50)
      let dispatch = add(
        &program, .communication, transfer(1000, exchange),
        Rendezvous(level: 0), inputs: [compute])
      let send = add(
        &program, .send, transfer(400, hop), inputs: [compute])
      return (program, dispatch, send)
    }

    let (single, dispatch, send) = program(1, groups: 1)
    let one = run(single)
    let four = run(program(4, groups: 2).0)

    #expect(four.makespan == one.makespan)
    for times in four.members {
      #expect(times.end(dispatch) == one.end(dispatch))
      #expect(times.end(send) == one.end(send))
      #expect(times.waiting(dispatch) == 0)
      #expect(times.lag(dispatch) == 0)
    }
  }

  /// Four members, each of which computes for its own time before an exchange in pairs.
  private func late(startsTogether: Bool) -> (StreamTimes, exchange: OperationID) {
    var program = StreamProgram(rankCount: 2, members: 4, groups: 2)
    let compute = program.add(
      StreamOperation(
        rank: 0, stream: 0,
        .takes(ComputeTime(alone: 1, besideCommunication: 2), variant: ID(0))), inputs: [])
    let sent = program.add(transfer(1000, exchange))
    let rendezvous = Rendezvous(level: 0, startsTogether: startsTogether)
    let sending = program.add(
      StreamOperation(
        rank: 0, stream: 1,
        .sends(.init(sent, rendezvous: rendezvous))),
      inputs: [compute])
    let durations = MemberDurations(variantCount: 1, columns: [0, 1, 2, 3]) { _, column in
      ComputeTime(SimDuration(picoseconds: [10, 70, 20, 30][column]))
    }
    let machine = StreamMachine(program, transfers: placed(program), durations: durations)
    return (machine.run(), sending)
  }

  @Test("an exchange starts when its last member arrives, and the others wait")
  func meeting() {
    let (times, exchange) = late(startsTogether: true)

    #expect(times.members.map { $0.waiting(exchange) } == [60, 0, 10, 0])
    #expect(times.members.map { $0.end(exchange) } == [1070, 1070, 1030, 1030])
    #expect(times.members.map { $0.lag(exchange) } == [0, 0, 0, 0])
  }

  @Test("an exchange without a common start ends with the last member's part")
  func ownStart() {
    let (times, exchange) = late(startsTogether: false)

    #expect(times.members.map { $0.waiting(exchange) } == [0, 0, 0, 0])
    #expect(times.members.map { $0.end(exchange) } == [1070, 1070, 1030, 1030])
    #expect(times.members.map { $0.lag(exchange) } == [60, 0, 10, 0])
  }

  @Test("members send their own bytes and leave an exchange together with the slowest")
  func uneven() {
    var program = StreamProgram(rankCount: 2, members: 4, groups: 2)
    let legs = Transfer(
      rank: 0,
      [
        TransferPhase(
          [
            Leg(exchange, .out, bytes: 10, part: ID(0)), Leg(scaleUp, .out, bytes: 10, part: ID(1)),
          ], latency: SimDuration(picoseconds: 5))
      ])
    let sent = program.add(
      StreamOperation(
        rank: 0, stream: 1,
        .sends(.init(program.add(legs), variant: ID(0), rendezvous: Rendezvous(level: 0)))),
      inputs: [])
    let shares = MemberShares(variantCount: 1, columns: [0, 1, 2, 3], partCount: 2) { _, column in
      [[1, 4], [0, 7], [0, 0], [2, 2]][column]
    }

    let times = run(program, shares: shares)
    let use = use(program, times, .dispatch, shares: shares)

    #expect(times.members.map { $0.end(sent) } == [75, 75, 25, 25])
    let ports = use.links.filter { $0.link == .scaleUpOut }
    #expect(ports.map(\.owner) == [0, 1, 3].map { .gpu(rank: 0, member: $0, gpus: 1) })
    #expect(ports.map(\.bytes.value) == [40, 70, 20])
  }

  @Test("INV-15: the bytes of a member count once for each GPU it represents")
  func weights() {
    let choice = RepresentativeChoice(
      states: ["", "", "", "slow", "", "", "", ""], groupSizes: [4], exchangeLevel: 0,
      mostLoaded: 0)
    var program = StreamProgram(
      rankCount: 2, streamsPerRank: 3, representatives: choice.representatives)
    _ = add(&program, .send, transfer(100, hop))

    let times = run(program)
    let use = use(program, times, .pipeline)

    // Four of a whole group, three next to the slow one, and the slow one.
    #expect(use.links.filter { $0.link == .nicOut }.map(\.gpus) == [4, 3, 1])
    #expect(use.traffic.map(\.bytesPerGPU.value) == [50, 50])
  }
}
