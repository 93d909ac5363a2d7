// What operations send, on networks small enough to time by hand: a byte a picosecond.

import Cluster
import Testing
import Units

@testable import Execution

@Suite("Transfers on the stream machine")
struct TransferTests {
  static let links = GPULinks(
    rankCount: 2, portCapacities: GPULinks.Port.allCases.map { _ in BytesPerSecond(1e12) })

  /// A transfer of one flow through ports of rank 0, or from one rank to another.
  func transfer(_ bytes: Double, _ path: [Int32], latency: Int64 = 0) -> Transfer {
    Transfer(phases: [phase(bytes, path, latency: latency)])
  }

  func phase(_ bytes: Double, _ path: [Int32], latency: Int64 = 0) -> TransferPhase {
    TransferPhase(
      flows: [TransferFlow(path: path, bytes: bytes)],
      latency: SimDuration(picoseconds: latency))
  }

  func port(_ port: GPULinks.Port, _ rank: Int = 0) -> Int32 {
    Self.links.link(port, rank: rank)
  }

  /// Adds an operation that sends.
  func add(
    _ program: inout StreamProgram, _ stream: TestStream, _ transfer: Transfer,
    groupSize: Int32 = 1, inputs: [Int] = [], rank: Int32 = 0
  ) -> Int {
    let index = program.add(transfer)
    return program.add(
      StreamOperation(
        rank: rank, stream: stream.rawValue, groupSize: groupSize, time: .zero, transfer: index),
      inputs: inputs.map { Int32($0) })
  }

  @Test("a flow alone takes its bytes at the port's rate, and its latency")
  func alone() {
    var program = StreamProgram(rankCount: 2)
    let sent = transfer(1000, [port(.nicOut), port(.nicIn, 1)], latency: 30)
    let send = add(&program, .send, sent)

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(send) == 1030)
    #expect(sent.aloneDuration(on: Self.links).picoseconds == 1030)
  }

  @Test("a dispatch and a pipeline transfer through one port share it")
  func sharedPort() {
    var program = StreamProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, transfer(1000, [port(.nicOut), port(.nicIn)]))
    let send = add(
      &program, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]))

    let times = StreamMachine(program, links: Self.links).run()

    // Half the rate each until the 400 are through, then the dispatch has the port to itself.
    #expect(times.end(send) == 800)
    #expect(times.end(dispatch) == 1400)
  }

  @Test("flows through different ports do not slow each other")
  func differentPorts() {
    var program = StreamProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, transfer(1000, [port(.nvlinkOut), port(.nvlinkIn)]))
    let send = add(
      &program, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]))

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(send) == 400)
    #expect(times.end(dispatch) == 1000)
  }

  @Test("phases follow one another, each with its latency")
  func phases() {
    var program = StreamProgram(rankCount: 2)
    let reduction = Transfer(phases: [
      phase(1000, [port(.nvlinkOut)], latency: 10), phase(500, [port(.nicOut)], latency: 5),
    ])
    let operation = add(&program, .communication, reduction)
    let after = program.add(.compute, alone: 7, inputs: [operation])

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(operation) == 1515)
    #expect(times.end(after) == 1522)
  }

  @Test("both legs of an exchange must drain")
  func legs() {
    var program = StreamProgram(rankCount: 2)
    let legs = Transfer(phases: [
      TransferPhase(
        flows: [
          TransferFlow(path: [port(.nicOut)], bytes: 300),
          TransferFlow(path: [port(.nvlinkOut)], bytes: 900),
        ], latency: SimDuration(picoseconds: 1))
    ])
    let dispatch = add(&program, .communication, legs)

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(dispatch) == 901)
  }

  @Test("replicas of a program run as one does, and meet where they exchange")
  func replicas() {
    func program(replicas: Int, group: Int32) -> (StreamProgram, dispatch: Int, send: Int) {
      var program = StreamProgram(rankCount: 2, replicaCount: replicas)
      let compute = program.add(.compute, alone: 50)
      let dispatch = add(
        &program, .communication, transfer(1000, [port(.nicOut), port(.nicIn)]),
        groupSize: group, inputs: [compute])
      let send = add(
        &program, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]), inputs: [compute])
      return (program, dispatch, send)
    }

    let (single, dispatch, send) = program(replicas: 1, group: 1)
    let one = StreamMachine(single, links: Self.links).run()
    let four = StreamMachine(program(replicas: 4, group: 2).0, links: Self.links).run()

    #expect(four.makespan == one.makespan)
    for replica in 0..<4 {
      #expect(four.replica(replica).end(dispatch) == one.end(dispatch))
      #expect(four.replica(replica).end(send) == one.end(send))
      #expect(four.replica(replica).waiting(Int32(dispatch)) == 0)
    }
  }

  @Test("an exchange starts when the last of its replicas is there, and the others have waited")
  func meeting() {
    var program = StreamProgram(rankCount: 2, replicaCount: 4)
    let compute = program.add(
      StreamOperation(
        rank: 0, stream: 0,
        time: ComputeTime(
          alone: SimDuration(picoseconds: 1), besideCommunication: SimDuration(picoseconds: 2)),
        variant: 0), inputs: [])
    let exchange = add(
      &program, .communication, transfer(1000, [port(.nicOut), port(.nicIn)]), groupSize: 2,
      inputs: [compute])
    let durations = ReplicaDurations(variantCount: 1, memberCount: 4) { _, replica in
      ComputeTime(SimDuration(picoseconds: [10, 70, 20, 30][replica]))
    }

    let times = StreamMachine(program, links: Self.links, durations: durations).run()

    #expect((0..<4).map { times.replica($0).waiting(Int32(exchange)) } == [60, 0, 10, 0])
    #expect((0..<4).map { times.replica($0).end(exchange) } == [1070, 1070, 1030, 1030])
  }

  @Test("replicas send what is theirs, and leave an exchange together with the slowest")
  func uneven() {
    var program = StreamProgram(rankCount: 2, replicaCount: 4)
    let legs = Transfer(phases: [
      TransferPhase(
        flows: [
          TransferFlow(path: [port(.nicOut)], bytes: 10, part: 0),
          TransferFlow(path: [port(.nvlinkOut)], bytes: 10, part: 1),
        ], latency: SimDuration(picoseconds: 5))
    ])
    let exchange = program.add(
      StreamOperation(
        rank: 0, stream: 1, groupSize: 2, time: .zero, transfer: program.add(legs), variant: 0),
      inputs: [])
    let shares = ReplicaShares(variantCount: 1, memberCount: 4, partCount: 2) { _, replica in
      [[1, 4], [0, 7], [0, 0], [2, 2]][replica]
    }

    let times = StreamMachine(program, links: Self.links, shares: shares).run()
    let use = NetworkLedger(
      program, (0..<4).map { times.replica($0) }, links: Self.links, shares: shares
    ) { _ in .dispatch }.use

    #expect((0..<4).map { times.replica($0).end(exchange) } == [75, 75, 25, 25])
    let sent = use.links.filter { $0.link == .nvlinkOut }
    #expect(sent.map(\.rank) == [0, 1, 3])
    #expect(sent.map(\.bytes.value) == [40, 70, 20])
  }
}
