// What must hold of an inference step on any cluster.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Properties of inference over random clusters")
struct ClusterPropertyTests {
  /// A step of 16 or 32 GPUs on a random cluster; even seeds simulate every GPU.
  private func step(
    _ seed: Int, _ random: inout RandomStream
  ) throws -> (spec: InferenceSpec, cluster: ClusterSpec) {
    let (nodes, gpus) = ([4, 8][random.index(below: 2)], 4)
    let phase = InferenceSpec.Phase.allCases[random.index(below: 2)]
    let isDecode = phase == .decode
    let spec = InferenceSpec(
      phase: phase, batch: isDecode ? 16 : 1, context: isDecode ? 1024 : 512,
      expertParallel: nodes * gpus, redundantExperts: 0, microbatches: 1, kvCache: .bf16,
      gemm: .fp8, mtpAcceptance: nil, communicationSMs: phase.usualCommunicationSMs,
      routing: random.index(below: 2) == 0
        ? .uniform : RoutingSpec(.logNormal(sigma: 0.6), seed: UInt64(seed)), planner: .best,
      kernelRelease: .april2025, fidelity: seed.isMultiple(of: 2) ? .everyGPU : .folded)
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h200-sxm" })
    node.gpusPerNode = gpus
    node.nicsPerNode = [2, 4, 8][random.index(below: 3)]
    node.nodesPerDomain = [1, 2][random.index(below: 2)]
    node.nicPerDirection = BytesPerSecond(10e9)
    let names = ["non-blocking", "multi-plane", "single-plane-2to1"]
    let fabric = try #require(FabricSpec(named: names[random.index(below: names.count)]))
    return (spec, ClusterSpec(node: node, nodeCount: nodes, fabric: fabric))
  }

  @Test(
    "bytes are conserved, no link is above its capacity, a fault never makes a step faster",
    arguments: 1...12)
  func faults(seed: Int) throws {
    var model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
    // Layers with experts are alike: five of them stand for 58.
    model.layers = 8
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.clusters"))
    var (spec, cluster) = try step(seed, &random)
    let healthy = try InferenceStep(spec: spec, model: model, cluster: cluster).run()
    // Dead NICs too: their traffic takes detours.
    let remaining = [0, 0, 0.5, 0.9][random.index(below: 4)]
    let index = random.index(below: cluster.nodeCount * cluster.node.nicsPerNode)
    cluster.faults = [LinkFault(port: .nic, index: index, remaining: remaining)]
    let faulty = try InferenceStep(spec: spec, model: model, cluster: cluster).run()

    #expect(faulty.stepTime >= healthy.stepTime, "seed \(seed): \(spec.phase), \(remaining)")
    for result in [healthy, faulty] {
      #expect(result.network.isConserved, "seed \(seed)")
      for link in result.network.links {
        let most = link.capacity.value * result.stepTime.seconds
        #expect(link.bytes.value <= most * (1 + 1e-9), "seed \(seed): \(link)")
      }
    }
    spec.fidelity = .everyGPU
    cluster.faults = []
    let all = try InferenceStep(spec: spec, model: model, cluster: cluster).run()
    // Members below the most loaded one share their load evenly.
    #expect(abs(all.stepTime.seconds / healthy.stepTime.seconds - 1) < 0.05, "seed \(seed)")
  }
}
