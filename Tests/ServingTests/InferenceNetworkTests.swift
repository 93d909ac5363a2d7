// Steps on networks with switches, and with ports that lost bandwidth.

import Cluster
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Inference on a network")
struct InferenceNetworkTests {
  private let model: ModelSpec
  private let node: NodeSpec

  init() throws {
    model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    node = try #require(NodeSpec.catalogue.first)
  }

  /// A unit of 64 GPUs on 8 nodes, which two leaf switches of a single plane serve.
  private func run(
    _ phase: InferenceSpec.Phase, on fabric: String = "non-blocking", faults: [LinkFault] = [],
    nicShare: Double = 1, loads: RoutingSpec = .uniform
  ) throws -> SimulationResult {
    let isDecode = phase == .decode
    let spec = InferenceSpec(
      phase: phase, batch: isDecode ? 128 : 2, context: isDecode ? 1024 : 4096, expertParallel: 64,
      redundantExperts: 0, microbatches: 1, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil,
      communicationSMs: phase.usualCommunicationSMs, routing: loads, planner: .best,
      kernelRelease: .april2025)
    var node = node
    node.nicPerDirection = BytesPerSecond(node.nicPerDirection.value * nicShare)
    let cluster = ClusterSpec(
      node: node, nodeCount: 8, faults: faults, fabric: try #require(FabricSpec(named: fabric)))
    return try InferenceStep(spec: spec, model: model, cluster: cluster).run()
  }

  private func bytes(_ result: SimulationResult, _ link: PortClass) -> Double {
    result.network.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
  }

  private func time(_ result: SimulationResult, _ activity: Activity, gpu: Int = 0) -> Int64 {
    result.rankTimes.filter { $0.rank == gpu && $0.activity == activity }
      .reduce(0) { $0 + $1.time.picoseconds }
  }

  @Test(
    "of seven other nodes four are under the other leaf: as many of the bytes cross uplinks",
    arguments: InferenceSpec.Phase.allCases)
  func crossingShare(phase: InferenceSpec.Phase) throws {
    let result = try run(phase, on: "single-plane")

    for (leaf, nic) in [(PortClass.leafUp, PortClass.nicOut), (.leafDown, .nicIn)] {
      #expect(bytes(result, nic) > 0)
      #expect(abs(bytes(result, leaf) / bytes(result, nic) - 4.0 / 7) < 1e-9)
    }
    #expect(result.assumptions.contains { $0.contains("topology single-plane") })
  }

  @Test("INV-4: half the uplinks cost time where they bind, and none carries more than it can")
  func oversubscribed() throws {
    // 4/7 of a GPU's bytes through half of its bandwidth.
    let (whole, half) = try (
      run(.decode, on: "single-plane"), run(.decode, on: "single-plane-2to1")
    )

    #expect(half.stepTime > whole.stepTime)
    let switches = half.network.links.filter { !$0.link.isPort }
    #expect(switches.map(\.link) == [.leafUp, .leafDown])
    for link in switches {
      #expect(link.bytes.value <= link.capacity.value * half.stepTime.seconds)
      #expect(link.capacity.value == node.nicPerDirection.value / 2)
    }
  }

  @Test("on rails single messages take NVLink to the target's rail first, copies are on it already")
  func rails() throws {
    let messages = try (run(.decode), run(.decode, on: "multi-plane"))
    let copies = try (run(.prefill), run(.prefill, on: "multi-plane"))

    // Of eight GPUs of a node seven are on other rails.
    let detour = bytes(messages.1, .nvlinkOut) - bytes(messages.0, .nvlinkOut)
    #expect(abs(detour / bytes(messages.1, .nicOut) - 7.0 / 8) < 1e-9)
    #expect(bytes(copies.1, .nvlinkOut) == bytes(copies.0, .nvlinkOut))
  }

  @Test(
    "all wait for a GPU with a slow NIC, but no longer than if every NIC were as slow",
    arguments: InferenceSpec.Phase.allCases)
  func slowNIC(phase: InferenceSpec.Phase) throws {
    let fault = LinkFault(port: .nic, gpu: 29, remaining: 0.5)
    let healthy = try run(phase)
    let slow = try run(phase, faults: [fault])

    #expect(healthy.stepTime < slow.stepTime)
    #expect(slow.stepTime <= (try run(phase, nicShare: 0.5)).stepTime)
    // Loads are equal: the first GPU waits for the second's exchanges, not for its experts.
    #expect(Set(slow.rankTimes.map(\.rank)) == [0, 1])
    #expect(time(slow, .expertImbalance) == 0)
    let exposed = { (result: SimulationResult) in
      time(result, .exposedDispatch) + time(result, .exposedCombine)
    }
    #expect(exposed(slow) > exposed(healthy))
    let nics = slow.network.links.filter { $0.link == .nicOut }
    #expect(nics.map(\.capacity.value) == [1, 0.5].map { node.nicPerDirection.value * $0 })
  }

  @Test(
    "a dead NIC's traffic goes through its seven neighbours', at less cost than half a NIC",
    arguments: InferenceSpec.Phase.allCases, ["non-blocking", "single-plane"])
  func deadNIC(phase: InferenceSpec.Phase, fabric: String) throws {
    func fault(_ remaining: Double) -> LinkFault {
      LinkFault(port: .nic, gpu: 29, remaining: remaining)
    }
    let healthy = try run(phase, on: fabric)
    let dead = try run(phase, on: fabric, faults: [fault(0)])

    #expect(healthy.stepTime < dead.stepTime)
    #expect(dead.stepTime < (try run(phase, on: fabric, faults: [fault(0.5)])).stepTime)
    // GPU 0 is the mean one, 1 a neighbour, 2 the one with the dead NIC.
    func bytes(_ gpu: Int, _ link: PortClass) -> Double {
      dead.network.links.first { $0.rank == gpu && $0.link == link }?.bytes.value ?? 0
    }
    func isNear(_ value: Double, _ expected: Double) -> Bool {
      abs(value / expected - 1) < 1e-9
    }
    for (nic, here, there) in [
      (PortClass.nicOut, PortClass.nvlinkOut, PortClass.nvlinkIn), (.nicIn, .nvlinkIn, .nvlinkOut),
    ] {
      #expect(bytes(2, nic) == 0)
      #expect(isNear(bytes(1, nic), bytes(0, nic) * 8 / 7))
      #expect(isNear(bytes(2, here), bytes(0, here) + bytes(0, nic)))
      #expect(isNear(bytes(1, there), bytes(0, there) + bytes(0, nic) / 7))
    }
    #expect(dead.assumptions.contains { $0.contains("traffic of a dead NIC") })
  }

  @Test("INV-13: with a slow GPU beside a fuller one activities still sum to the step")
  func sums() throws {
    let result = try run(
      .decode, faults: [LinkFault(port: .nic, gpu: 0, remaining: 0.7)],
      loads: RoutingSpec(.logNormal(sigma: 0.6), seed: 1))

    for gpu in 0..<3 { #expect(result.attributedTime(of: gpu) == result.stepTime) }
  }

  @Test("equal faults are simulated once, a whole port not at all")
  func kinds() throws {
    func fault(_ gpu: Int, _ remaining: Double) -> LinkFault {
      LinkFault(port: .nic, gpu: gpu, remaining: remaining)
    }
    let one = try run(.decode, faults: [fault(3, 0.5)])

    #expect(
      try run(.decode, faults: [fault(9, 0.5), fault(40, 0.5)]).fingerprint == one.fingerprint)
    #expect(try run(.decode, faults: [fault(3, 1)]).fingerprint == run(.decode).fingerprint)
    let two = try run(.decode, faults: [fault(9, 0.5), fault(40, 0.25)])
    #expect(Set(two.rankTimes.map(\.rank)) == [0, 1, 2])
    #expect(two.stepTime > one.stepTime)
  }
}
