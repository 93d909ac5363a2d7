// The shares of links between switches that stand for the links themselves.

import Cluster
import Recording
import Testing
import Units

@testable import Execution

@Suite("Shares of links between switches")
struct StepFabricTests {
  @Test(
    "the shares of all GPUs are the links, whether GPUs share NICs or have several",
    arguments: TopologyKind.catalogue.indices, [2, 4, 8, 16])
  func whole(index: Int, nics: Int) throws {
    let kind = TopologyKind.catalogue[index]
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    node.nicsPerNode = nics
    // As many nodes as fill every leaf switch and every pod.
    let cluster = ClusterSpec(
      node: node, nodeCount: min(512, kind.nodeLimit(of: node)), fabric: .catalogue(kind.name))
    let network = StepNetwork(
      cluster, rankCount: 1, representatives: .one(for: cluster.gpuCount),
      kernels: KernelRate.allCases.map { _ in BytesPerSecond(0) }, sharesSwitches: true)

    let wired = try cluster.fabric.topology(of: cluster).links
    for link in LinkClass.allCases where !link.isPort {
      let shares = network.links.filter { $0.kind == link }.reduce(0) { sum, share in
        guard case .gpu(_, _, let gpus) = share.owner else { return sum }
        return sum + share.capacity.value * Double(gpus)
      }
      let links = wired.filter { $0.kind == link }.reduce(0) { $0 + $1.capacity.value }
      #expect(abs(shares - links) <= 1e-9 * links, "\(kind.name), \(nics) NICs, \(link)")
    }
  }
}
