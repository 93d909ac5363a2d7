// Steps on networks with switches, and with ports of reduced bandwidth.

import Cluster
import Execution
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

  /// A unit of 64 GPUs on 8 nodes, served by two leaf switches of a single plane.
  private func run(
    _ phase: InferenceSpec.Phase, on fabric: String = "non-blocking", faults: [LinkFault] = [],
    nicShare: Double = 1, loads: RoutingSpec = .uniform, fidelity: Fidelity = .folded
  ) throws -> SimulationResult {
    let isDecode = phase == .decode
    let spec = InferenceSpec(
      phase: phase, batch: isDecode ? 128 : 2, context: isDecode ? 1024 : 4096, expertParallel: 64,
      redundantExperts: 0, microbatches: 1, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil,
      communicationSMs: phase.usualCommunicationSMs, routing: loads, planner: .best,
      kernelRelease: .april2025, fidelity: fidelity)
    var node = node
    node.nicPerDirection = BytesPerSecond(node.nicPerDirection.value * nicShare)
    let cluster = ClusterSpec(
      node: node, nodeCount: 8, faults: faults, fabric: try #require(FabricSpec(named: fabric)))
    return try InferenceStep(spec: spec, model: model, cluster: cluster).run()
  }

  private func bytes(_ result: SimulationResult, _ link: LinkClass) -> Double {
    result.network.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
  }

  private func time(_ result: SimulationResult, _ activity: Activity, gpu: Int = 0) -> Int64 {
    result.rankTimes.filter { $0.member == gpu && $0.activity == activity }
      .reduce(0) { $0 + $1.time.picoseconds }
  }

  @Test(
    "four of seven other nodes are under the other leaf: this share of the bytes crosses uplinks",
    arguments: InferenceSpec.Phase.allCases)
  func crossingShare(phase: InferenceSpec.Phase) throws {
    let result = try run(phase, on: "single-plane")

    for (leaf, nic) in [(LinkClass.leafUp, LinkClass.nicOut), (.leafDown, .nicIn)] {
      #expect(bytes(result, nic) > 0)
      #expect(abs(bytes(result, leaf) / bytes(result, nic) - 4.0 / 7) < 1e-9)
    }
    #expect(result.assumptions.contains { $0.contains("topology single-plane") })
  }

  @Test("INV-4: half the uplinks cost time if they limit bandwidth, and no link is overloaded")
  func oversubscribed() throws {
    // 4/7 of a GPU's bytes, at half of its bandwidth.
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

  @Test(
    "on rails, single messages take NVLink to the target's rail first; copies are already on it")
  func rails() throws {
    let messages = try (run(.decode), run(.decode, on: "multi-plane"))
    let copies = try (run(.prefill), run(.prefill, on: "multi-plane"))

    // Seven of the eight GPUs of a node are on other rails.
    let detour = bytes(messages.1, .scaleUpOut) - bytes(messages.0, .scaleUpOut)
    #expect(abs(detour / bytes(messages.1, .nicOut) - 7.0 / 8) < 1e-9)
    #expect(bytes(copies.1, .scaleUpOut) == bytes(copies.0, .scaleUpOut))
  }

  @Test(
    "all wait for a GPU with a slow NIC, but no longer than if every NIC were as slow",
    arguments: InferenceSpec.Phase.allCases)
  func slowNIC(phase: InferenceSpec.Phase) throws {
    let fault = LinkFault(port: .nic, index: 29, remaining: 0.5)
    let healthy = try run(phase)
    let slow = try run(phase, faults: [fault])

    #expect(healthy.stepTime < slow.stepTime)
    #expect(slow.stepTime <= (try run(phase, nicShare: 0.5)).stepTime)
    // Loads are equal: the first GPU waits for the second GPU's exchanges, not for its experts.
    #expect(Set(slow.rankTimes.map(\.member)) == [0, 1])
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
      LinkFault(port: .nic, index: 29, remaining: remaining)
    }
    let healthy = try run(phase, on: fabric)
    let dead = try run(phase, on: fabric, faults: [fault(0)])

    #expect(healthy.stepTime < dead.stepTime)
    #expect(dead.stepTime < (try run(phase, on: fabric, faults: [fault(0.5)])).stepTime)
    // GPU 0 is the average one, 1 a neighbour, 2 the one with the dead NIC.
    func bytes(_ gpu: Int, _ link: LinkClass) -> Double {
      dead.network.links.first {
        if case .gpu(_, gpu, _) = $0.owner { $0.link == link } else { false }
      }?.bytes.value ?? 0
    }
    func isNear(_ value: Double, _ expected: Double) -> Bool {
      abs(value / expected - 1) < 1e-9
    }
    for (nic, here, there) in [
      (LinkClass.nicOut, LinkClass.scaleUpOut, LinkClass.scaleUpIn),
      (.nicIn, .scaleUpIn, .scaleUpOut),
    ] {
      #expect(bytes(2, nic) == 0)
      #expect(isNear(bytes(1, nic), bytes(0, nic) * 8 / 7))
      #expect(isNear(bytes(2, here), bytes(0, here) + bytes(0, nic)))
      #expect(isNear(bytes(1, there), bytes(0, there) + bytes(0, nic) / 7))
    }
    #expect(dead.assumptions.contains { $0.contains("traffic of a dead NIC") })
  }

  @Test("INV-13: with a slow GPU and a more loaded one, activities still sum to the step time")
  func sums() throws {
    let result = try run(
      .decode, faults: [LinkFault(port: .nic, index: 0, remaining: 0.7)],
      loads: RoutingSpec(.logNormal(sigma: 0.6), seed: 1))

    let members = Set(result.rankTimes.map(\.member)).sorted()
    #expect(members.count == 9)
    for member in members {
      #expect(result.attributedTime(of: member) == result.stepTime)
    }
  }

  @Test("equal faults are simulated once, and faults that leave the full bandwidth are ignored")
  func kinds() throws {
    func fault(_ gpu: Int, _ remaining: Double) -> LinkFault {
      LinkFault(port: .nic, index: gpu, remaining: remaining)
    }
    let one = try run(.decode, faults: [fault(3, 0.5)])

    let equal = try run(.decode, faults: [fault(9, 0.5), fault(40, 0.5)])
    #expect(equal.fingerprint == one.fingerprint)
    #expect(Set(equal.rankTimes.map(\.gpus)) == [62, 2])
    #expect(try run(.decode, faults: [fault(3, 1)]).fingerprint == run(.decode).fingerprint)
    let two = try run(.decode, faults: [fault(9, 0.5), fault(40, 0.25)])
    #expect(Set(two.rankTimes.map(\.member)) == [0, 1, 2])
    #expect(two.stepTime > one.stepTime)
  }

  @Test(
    "a step takes the same time folded and with every GPU, healthy and degraded",
    arguments: InferenceSpec.Phase.allCases, ["non-blocking", "single-plane-2to1", "multi-plane"])
  func fidelities(phase: InferenceSpec.Phase, fabric: String) throws {
    for faults in [
      [], [LinkFault(port: .nic, index: 29, remaining: 0.5)],
      [LinkFault(port: .nic, index: 29, remaining: 0)],
    ] {
      let folded = try run(phase, on: fabric, faults: faults)
      let full = try run(phase, on: fabric, faults: faults, fidelity: .everyGPU)

      // Only one of the neighbours that forward a dead NIC's traffic is simulated.
      let isDead = faults.contains(where: \.isDead)
      let difference = abs((folded.stepTime - full.stepTime).seconds)
      #expect(difference <= (isDead ? 2e-3 * full.stepTime.seconds : 0), "\(faults)")
      #expect(full.rankTimes.gpuCount == 64 && folded.rankTimes.gpuCount == 64)
      #expect(folded.network.isConserved && full.network.isConserved)
      let ratio = folded.value(.exposedCommunicationRatio) - full.value(.exposedCommunicationRatio)
      #expect(abs(ratio) < 2e-3)
    }
  }

  @Test("uneven loads: the most loaded GPU determines the decoding step at every fidelity")
  func unevenFidelities() throws {
    let loads = RoutingSpec(.logNormal(sigma: 0.6), seed: 1)
    let full = try run(.decode, loads: loads, fidelity: .everyGPU)
    for fidelity in [Fidelity.folded, .members(2), .members(5)] {
      let some = try run(.decode, loads: loads, fidelity: fidelity)
      #expect(abs(some.stepTime.seconds / full.stepTime.seconds - 1) < 1e-3)
      #expect(some.network.isConserved)
      #expect(some.rankTimes.gpuCount == 64)
    }
  }

  @Test("exposed communication is the mean of the GPUs' rows, uneven or degraded")
  func exposedIsTheMean() throws {
    let result = try run(
      .decode, faults: [LinkFault(port: .nic, index: 3, remaining: 0.5)],
      loads: RoutingSpec(.logNormal(sigma: 0.6), seed: 1))
    let sum = result.rankTimes.reduce(0.0) { sum, row in
      row.activity.isExposedCommunication ? sum + row.time.seconds * Double(row.gpus) : sum
    }
    let share = sum / 64 / result.stepTime.seconds
    #expect(abs(result.value(.exposedCommunicationRatio) - share) < 1e-12)
  }
}

extension SimulationResult {
  /// The value of a metric.
  fileprivate func value(_ kind: MetricKind) -> Double {
    metrics.first { $0.kind == kind }?.value ?? .nan
  }
}
