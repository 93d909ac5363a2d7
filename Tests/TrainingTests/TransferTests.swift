// What operations send, on networks small enough to time by hand: a byte a picosecond.

import Cluster
import Recording
import Routing
import Testing
import Units

@testable import Training

@Suite("Transfers on the stream machine")
struct TransferTests {
  static let links = StepLinks(
    rankCount: 2, portCapacities: StepLinks.Port.allCases.map { _ in BytesPerSecond(1e12) })

  /// A transfer of one flow through ports of rank 0, or from one rank to another.
  func transfer(_ bytes: Double, _ path: [Int32], latency: Int64 = 0) -> Transfer {
    Transfer(phases: [phase(bytes, path, latency: latency)])
  }

  func phase(_ bytes: Double, _ path: [Int32], latency: Int64 = 0) -> TransferPhase {
    TransferPhase(
      flows: [TransferFlow(path: path, bytes: bytes)],
      latency: SimDuration(picoseconds: latency))
  }

  func port(_ port: StepLinks.Port, _ rank: Int = 0) -> Int32 {
    Self.links.link(port, rank: rank)
  }

  /// Adds an operation that sends.
  func add(
    _ program: inout StepProgram, _ stream: Training.Stream, _ kind: OperationKind,
    _ transfer: Transfer, inputs: [Int] = [], rank: Int32 = 0
  ) -> Int {
    let index = program.add(transfer)
    return program.add(
      Operation(
        rank: rank, stream: UInt8(stream.rawValue), kind: kind, isForward: true, cell: 0,
        alone: 0, besideCommunication: 0, transfer: index), inputs: inputs.map { Int32($0) })
  }

  @Test("a flow alone takes its bytes at the port's rate, and its latency")
  func alone() {
    var program = StepProgram(rankCount: 2)
    let sent = transfer(1000, [port(.nicOut), port(.nicIn, 1)], latency: 30)
    let send = add(&program, .sendDown, .send, sent)

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(send) == 1030)
    #expect(sent.aloneDuration(on: Self.links).picoseconds == 1030)
  }

  @Test("a dispatch and a pipeline transfer through one port share it")
  func sharedPort() {
    var program = StepProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, .dispatch, transfer(1000, [port(.nicOut), port(.nicIn)]))
    let send = add(
      &program, .sendDown, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]))

    let times = StreamMachine(program, links: Self.links).run()

    // Half the rate each until the 400 are through, then the dispatch has the port to itself.
    #expect(times.end(send) == 800)
    #expect(times.end(dispatch) == 1400)
  }

  @Test("flows through different ports do not slow each other")
  func differentPorts() {
    var program = StepProgram(rankCount: 2)
    let dispatch = add(
      &program, .communication, .dispatch, transfer(1000, [port(.nvlinkOut), port(.nvlinkIn)]))
    let send = add(
      &program, .sendDown, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]))

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(send) == 400)
    #expect(times.end(dispatch) == 1000)
  }

  @Test("phases follow one another, each with its latency")
  func phases() {
    var program = StepProgram(rankCount: 2)
    let reduction = Transfer(phases: [
      phase(1000, [port(.nvlinkOut)], latency: 10), phase(500, [port(.nicOut)], latency: 5),
    ])
    let operation = add(&program, .communication, .gradientReduction, reduction)
    let after = program.add(
      Operation(
        rank: 0, stream: 0, kind: .optimizerUpdate, isForward: false, cell: -1, alone: 7,
        besideCommunication: 7), inputs: [Int32(operation)])

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(operation) == 1515)
    #expect(times.end(after) == 1522)
  }

  @Test("both legs of an exchange must drain")
  func legs() {
    var program = StepProgram(rankCount: 2)
    let legs = Transfer(phases: [
      TransferPhase(
        flows: [
          TransferFlow(path: [port(.nicOut)], bytes: 300),
          TransferFlow(path: [port(.nvlinkOut)], bytes: 900),
        ], latency: SimDuration(picoseconds: 1))
    ])
    let dispatch = add(&program, .communication, .dispatch, legs)

    let times = StreamMachine(program, links: Self.links).run()

    #expect(times.end(dispatch) == 901)
  }

  @Test("replicas of a program run as one does, and meet where they exchange")
  func replicas() {
    var program = StepProgram(rankCount: 2)
    let compute = program.add(
      Operation(
        rank: 0, stream: 0, kind: .attention, isForward: true, cell: 0, alone: 50,
        besideCommunication: 50), inputs: [])
    let dispatch = add(
      &program, .communication, .dispatch, transfer(1000, [port(.nicOut), port(.nicIn)]),
      inputs: [compute])
    let send = add(
      &program, .sendDown, .send, transfer(400, [port(.nicOut), port(.nicIn, 1)]),
      inputs: [compute])

    let one = StreamMachine(program, links: Self.links).run()
    let four = StreamMachine(
      program, links: Self.links, replicas: ReplicaSet(count: 4, expertGroup: 2)
    ).run()

    #expect(four.makespan == one.makespan)
    for replica in 0..<4 {
      #expect(four.replica(replica).end(dispatch) == one.end(dispatch))
      #expect(four.replica(replica).end(send) == one.end(send))
    }
  }
}

@Suite("Fidelity")
struct FidelityTests {
  @Test(
    "with equal loads every GPU does what the folded one does, to the picosecond",
    arguments: ["1f1b", "zb_h1", "dualpipe"])
  func equalLoads(schedule: String) throws {
    var scenario = try SmallScenario(schedule: schedule, gpus: 64)
    let folded = try scenario.step().run()
    scenario.spec.fidelity = .everyGPU
    let full = try scenario.step().run()

    #expect(full.stepTime == folded.stepTime)
    for row in folded.rankTimes {
      for gpu in row.rank * 16..<(row.rank + 1) * 16 {
        let same = full.rankTimes.first {
          $0.rank == gpu && $0.phase == row.phase && $0.activity == row.activity
        }
        #expect(same?.time == row.time)
      }
    }
  }

  @Test("INV-13: with every GPU and uneven experts the rows of each GPU sum to the step time")
  func attributionIsComplete() throws {
    var scenario = try SmallScenario(schedule: "dualpipe")
    scenario.spec.fidelity = .everyGPU
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    for gpu in 0..<32 {
      let rows = result.rankTimes.filter { $0.rank == gpu }
      #expect(rows.reduce(SimDuration.zero) { $0 + $1.time } == result.stepTime)
    }
    #expect(result.rankTimes.contains { $0.activity == .expertImbalance })
  }
}

@Suite("Every GPU of a real size")
struct RealSizeTests {
  @Test("experts of several milliseconds, uneven, are booked on every GPU")
  func longExperts() throws {
    // The expert work of DeepSeek-V3's layers; smaller ones hide an overflow of picoseconds.
    var scenario = try SmallScenario(schedule: "1f1b", microbatches: 4)
    scenario.model.experts?.intermediate = 2048
    scenario.spec.sequenceLength = 4096
    scenario.spec.fidelity = .everyGPU
    scenario.spec.routing = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let result = try scenario.step().run()

    for gpu in 0..<32 {
      let rows = result.rankTimes.filter { $0.rank == gpu }
      #expect(rows.reduce(SimDuration.zero) { $0 + $1.time } == result.stepTime)
    }
  }
}

@Suite("Degraded ports")
struct FaultTests {
  @Test("one slow NIC slows a step, and only what is left of it is booked as its capacity")
  func slowNIC() throws {
    // 64 GPUs, four ranks of two nodes each; experts over both nodes.
    var scenario = try SmallScenario(schedule: "dualpipe", gpus: 64, expert: 16)
    scenario.spec.fidelity = .everyGPU
    let healthy = try scenario.step().run()
    // Node 3 holds GPUs 24 to 31, the second half of rank 1; its NIC 5 is GPU 29.
    scenario.cluster.faults = [LinkFault(port: .nic, gpu: 29, remaining: 0.25)]
    let degraded = try scenario.step().run()

    #expect(degraded.stepTime > healthy.stepTime)
    for use in degraded.network.links where use.link == .nicOut {
      #expect(use.capacity.value == (use.rank == 29 ? 12.5e9 : 50e9))
    }
  }

  @Test(
    "a port is named by node and place",
    arguments: [
      ("node0.nic0", 0), ("node3.nic5", 29), ("node7.gpu7", 63), ("node8.nic0", nil),
      ("node3.nic8", nil), ("node3", nil), ("node3.nic", nil), ("rack3.nic5", nil),
      ("node3.nic5.out", nil), ("node-1.nic0", nil), ("node99999999999.nic0", nil),
    ])
  func names(name: String, gpu: Int?) throws {
    let cluster = try SmallScenario(schedule: "1f1b", gpus: 64).cluster
    #expect(LinkFault.named(name, in: cluster)?.gpu == gpu)
  }
}

@Suite("Network use")
struct NetworkUseTests {
  @Test("INV-3, INV-4: what is sent is booked once, and no port carries more than it can")
  func conserved() throws {
    let result = try SmallScenario(schedule: "dualpipe").step().run()
    let use = result.network

    for link in PortClass.allCases {
      let booked = use.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
      let carried = use.links.filter { $0.link == link }.reduce(0) { $0 + $1.bytes.value }
      #expect(abs(booked * 4 - carried) <= 1e-9 * carried)
    }
    for port in use.links {
      #expect(port.bytes.value <= port.capacity.value * result.stepTime.seconds)
    }
    #expect(use.loads.allSatisfy { (0...1).contains($0.utilisation) })
    #expect(use.loads.contains { $0.utilisation > 0 })
  }

  @Test("hidden states cross every boundary between stages once for each microbatch and direction")
  func pipelineBytes() throws {
    let use = try SmallScenario(schedule: "1f1b").step().run().network

    let sent = use.traffic.filter { $0.kind == .pipeline && $0.link == .nicOut }
    // Sixteen microbatches of 1,024 tokens x 7,168 numbers of 2 bytes, three boundaries, both ways,
    // over four ranks.
    let hop = 1024.0 * 7168 * 2
    #expect(sent.map(\.bytesPerGPU.value) == [hop * 16 * 3 * 2 / 4])
  }
}
