// Inference on scale-up domains of several nodes, and on hosts with few NICs.

import Cluster
import ModelCost
import Recording
import Routing
import Testing
import Units

@testable import Serving

@Suite("Inference on scale-up domains")
struct ScaleUpDomainTests {
  private let model: ModelSpec

  init() throws { model = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" }) }

  /// Decoding or a prefill of 64 GPUs on eight nodes.
  private func step(
    _ phase: InferenceSpec.Phase, nodesPerDomain: Int, nics: Int = 8
  ) throws -> InferenceStep {
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    node.nodesPerDomain = nodesPerDomain
    node.nicsPerNode = nics
    let isDecode = phase == .decode
    let spec = InferenceSpec(
      phase: phase, batch: isDecode ? 128 : 2, context: 1024, expertParallel: 64,
      redundantExperts: 0, microbatches: 1, kvCache: .bf16, gemm: .fp8, mtpAcceptance: nil,
      communicationSMs: phase.usualCommunicationSMs, routing: .uniform, planner: .best,
      kernelRelease: .april2025)
    return try InferenceStep(
      spec: spec, model: model, cluster: ClusterSpec(node: node, nodeCount: 8))
  }

  private func bytes(_ result: SimulationResult, _ link: LinkClass) -> Double {
    result.network.traffic.filter { $0.link == link }.reduce(0) { $0 + $1.bytesPerGPU.value }
  }

  @Test(
    "a unit inside one domain of several nodes sends nothing through NICs",
    arguments: InferenceSpec.Phase.allCases)
  func oneDomain(phase: InferenceSpec.Phase) throws {
    let result = try step(phase, nodesPerDomain: 8).run()

    #expect(bytes(result, .nicOut) == 0)
    #expect(bytes(result, .scaleUpOut) > 0)
  }

  @Test("single messages to the other of two domains, half of all, take the NICs")
  func twoDomains() throws {
    let result = try step(.decode, nodesPerDomain: 4).run()

    // Of 64 GPUs, 32 are in the other domain and 31 besides the sender in its own.
    #expect(abs(bytes(result, .nicOut) / bytes(result, .scaleUpOut) - 32.0 / 31) < 1e-9)
  }

  @Test("half the NICs double the time that single messages take on them")
  func halfTheNICs() throws {
    let exchange = LowLatencyExchange(
      direction: .dispatch, tokens: 128, topK: 8, bytesPerMessage: 7408, gpuCount: 64,
      gpusPerDomain: 8)
    let whole = try step(.decode, nodesPerDomain: 1)
    let half = try step(.decode, nodesPerDomain: 1, nics: 4)

    let legs = exchange.legs(on: half.cluster.node)
    #expect(legs.network == 2 * exchange.legs(on: whole.cluster.node).network)
    #expect(half.run().stepTime > whole.run().stepTime)
  }

  @Test("a result names what lies outside the measurements")
  func outside() throws {
    let measured = try step(.decode, nodesPerDomain: 1).run().assumptions
    let domain = try step(.decode, nodesPerDomain: 8).run().assumptions

    #expect(!measured.contains { $0.hasPrefix("outside the measured") })
    #expect(domain.contains { $0.contains("domain of several nodes") })
  }
}
