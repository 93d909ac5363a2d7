// Closed forms of expert and replica exchange against the rows they are made from.

import Testing
import Units

@testable import Cluster

@Suite("Exchange closed forms")
struct ExchangeTests {
  let node = NodeSpec.catalogue[0]

  func exchange(nodes: Int, nodesPerToken: Double) -> ExpertExchange {
    ExpertExchange(
      direction: .dispatch, tokens: 4096, bytesPerToken: 7392, nodesPerToken: nodesPerToken,
      gpusPerToken: 7.4, nodeCount: nodes)
  }

  @Test("a dispatch over 8 nodes runs at the published logical bandwidth")
  func published() throws {
    let h800 = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })

    let seconds = exchange(nodes: 8, nodesPerToken: 3.965).seconds(on: h800, sms: 20)

    let expected = 4096 * 7392 * 3.965 / 46e9 + h800.networkLatency.value
    #expect(abs(seconds - expected) < 1e-12)
  }

  @Test("halving the NIC doubles a dispatch that the network bounds")
  func halfNIC() throws {
    let h800 = try #require(NodeSpec.catalogue.first { $0.name == "h800-sxm" })
    var slow = h800
    slow.nicPerDirection = BytesPerSecond(h800.nicPerDirection.value / 2)

    let full = exchange(nodes: 8, nodesPerToken: 3.965).seconds(on: h800, sms: 20)
    let half = exchange(nodes: 8, nodesPerToken: 3.965).seconds(on: slow, sms: 20)

    let latency = h800.networkLatency.value
    #expect(abs((half - latency) / (full - latency) - 2) < 1e-9)
  }

  @Test("fewer communication SMs never make a dispatch faster", arguments: [2, 4, 8, 12, 16])
  func fewerSMs(sms: Int) {
    let some = exchange(nodes: 4, nodesPerToken: 3.6)
    #expect(some.seconds(on: node, sms: sms) >= some.seconds(on: node, sms: sms + 4))
  }

  @Test("one replica exchanges nothing")
  func alone() {
    #expect(ReplicaGroup(gpusPerNode: 1, nodeCount: 1).exchangeSeconds(1e9, on: node) == 0)
  }

  @Test("two levels move the parts that rings move")
  func twoLevels() {
    let seconds = ReplicaGroup(gpusPerNode: 8, nodeCount: 16).exchangeSeconds(1e9, on: node)
    let inside = 1e9 * 7 / 8 / (node.gpu.nvlinkPerDirection.value * 0.8)
    let between = 1e9 / 8 * 15 / 16 / node.nicPerDirection.value
    let latency = node.nvlinkLatency.value + node.networkLatency.value
    #expect(abs(seconds - inside - between - latency) < 1e-12)
  }
}
