// Training steps on scale-up domains of several nodes.

import Cluster
import Recording
import Testing
import Units

@testable import Training

@Suite("Training on scale-up domains")
struct ScaleUpDomainTests {
  private func step(nodesPerDomain: Int, expert: Int) throws -> TrainingStep {
    var scenario = try SmallScenario(schedule: "1f1b", gpus: 64, expert: expert)
    scenario.cluster.node.nodesPerDomain = nodesPerDomain
    return try scenario.step()
  }

  private func bytes(_ step: TrainingStep, _ link: LinkClass) -> Double {
    step.run().network.traffic.filter { $0.link == link }
      .reduce(0) { $0 + $1.bytesPerGPU.value }
  }

  @Test("the experts of a layer are spread over domains, however many nodes these have")
  func expertDomains() throws {
    #expect(try step(nodesPerDomain: 1, expert: 16).costs.expertDomains == 2)
    #expect(try step(nodesPerDomain: 2, expert: 16).costs.expertDomains == 1)
  }

  @Test("a step inside one domain sends nothing through NICs, not even gradients")
  func oneDomain() throws {
    let step = try step(nodesPerDomain: 8, expert: 16)

    #expect(bytes(step, .nicOut) == 0)
    #expect(bytes(step, .scaleUpOut) > 0)
  }

  @Test("with a rank per domain, only the hops between ranks cross the network")
  func rankPerDomain() throws {
    // 16 GPUs of a rank on two nodes.
    let scenario = try step(nodesPerDomain: 2, expert: 16)
    let crossing = scenario.run().network.traffic.filter { $0.link == .nicOut }

    #expect(!crossing.isEmpty)
    #expect(Set(crossing.map(\.kind)) == [.pipeline])
  }

  /// Two copies of each stage, on the first and last of four ranks and on those between them.
  private func copies(gpus: Int) throws -> TrainingStep {
    var scenario = try SmallScenario(
      schedule: "dualpipe", pipeline: 4, gpus: gpus, expert: gpus / 4)
    scenario.cluster.node.gpu.memory = Bytes(1e15)
    return try scenario.step()
  }

  @Test("copies of a stage in one domain exchange nothing through NICs")
  func copiesInOneDomain() throws {
    let step = try copies(gpus: 8)

    #expect(bytes(step, .nicOut) == 0)
    #expect(bytes(step, .scaleUpOut) > 0)
  }

  @Test("copies of a stage in different domains sum their gradients over the network")
  func copiesApart() throws {
    let crossing = try copies(gpus: 16).run().network.traffic.filter { $0.link == .nicOut }

    #expect(crossing.contains { $0.kind == .gradients && $0.bytesPerGPU.value > 0 })
  }
}
