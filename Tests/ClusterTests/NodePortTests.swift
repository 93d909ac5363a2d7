import Testing
import Units

@testable import Cluster

@Suite("Places where a node joins the network")
struct NodePortTests {
  private func node(gpus: Int, nics: Int) throws -> NodeSpec {
    var node = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    (node.gpusPerNode, node.nicsPerNode) = (gpus, nics)
    return node
  }

  @Test("neighbouring GPUs share a NIC if there are fewer NICs than GPUs")
  func sharedNICs() throws {
    let node = try node(gpus: 8, nics: 4)

    let ports = [0, 0, 1, 1, 2, 2, 3, 3]
    #expect((0..<16).map { node.nicPort(of: $0) } == ports + ports)
    #expect(node.nicPortPerDirection == BytesPerSecond(50e9))
    #expect(node.networkPerGPU == BytesPerSecond(25e9))
  }

  @Test("a GPU with several NICs has one port of their total bandwidth")
  func bundledNICs() throws {
    let node = try node(gpus: 4, nics: 8)

    #expect((0..<4).map { node.nicPort(of: $0) } == [0, 1, 2, 3])
    #expect(node.nicPortPerDirection == BytesPerSecond(100e9))
    #expect(node.networkPerGPU == BytesPerSecond(100e9))
  }

  @Test("a domain spans nodes, but not more than the cluster has")
  func domains() throws {
    var node = try node(gpus: 4, nics: 4)
    node.nodesPerDomain = 18

    #expect(ClusterSpec(node: node, nodeCount: 36).gpusPerDomain == 72)
    #expect(ClusterSpec(node: node, nodeCount: 36).domain(of: 143) == 1)
    #expect(ClusterSpec(node: node, nodeCount: 2).gpusPerDomain == 8)
  }
}
