// Dispatch and combine of DeepEP's normal kernels between GPUs with balanced loads.
//
// A token goes over the network once for each distinct remote node, to the GPU there with the
// sender's index, and from it over NVLink once for each distinct GPU; combine is the mirror. Chunks
// are pipelined, so the slowest of four legs counts: the NIC, NVLink, the streaming multiprocessors
// that copy, and the forwarding of copies. What each leg carries follows from how many nodes and
// GPUs a token visits; how fast it runs is calibrated in NormalKernelRates. Valid for thousands of
// tokens; for uneven loads or other traffic on the links take `ExpertTraffic` to the flow network.

import Units

/// One all-to-all between the GPUs that share the experts of a layer.
package struct ExpertExchange: Hashable, Sendable {
  /// The direction in which tokens travel.
  package enum Direction: String, CaseIterable, Hashable, Sendable {
    /// Tokens to their experts, or the experts' results back.
    case dispatch
    case combine
  }

  package var direction: Direction
  /// Tokens that each GPU sends (dispatch) or receives (combine).
  package var tokens: Int
  /// Bytes of one token.
  package var bytesPerToken: Int
  /// Mean count of distinct nodes that hold a token's experts.
  package var nodesPerToken: Double
  /// Mean count of distinct GPUs that hold a token's experts.
  package var gpusPerToken: Double
  /// Nodes over which the experts are spread.
  package var nodeCount: Int

  package init(
    direction: Direction, tokens: Int, bytesPerToken: Int, nodesPerToken: Double,
    gpusPerToken: Double, nodeCount: Int
  ) {
    self.direction = direction
    self.tokens = tokens
    self.bytesPerToken = bytesPerToken
    self.nodesPerToken = nodesPerToken
    self.gpusPerToken = gpusPerToken
    self.nodeCount = nodeCount
  }

  /// Duration on nodes of this kind while `sms` streaming multiprocessors serve the exchange.
  package func seconds(
    on node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) -> Double {
    legs(on: node, sms: sms, release: release).seconds
  }

  /// How long each leg of the exchange takes by itself.
  ///
  /// - Precondition: `sms` is positive.
  package func legs(
    on node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) -> ExchangeLegs {
    precondition(sms > 0, "an exchange needs streaming multiprocessors")
    let rates = NormalKernelRates(direction, isInsideNode: nodeCount == 1, release: release)
    let nvlink = node.gpu.nvlinkPerDirection.value * rates.nvlinkShare
    let nic = node.nicPerDirection.value * rates.nicShare
    let isWide = nodeCount > 1
    return ExchangeLegs(
      network: isWide ? networkBytes / nic : 0,
      nvlink: nvlinkBytes(gpusPerNode: node.gpusPerNode) / nvlink,
      copying: allBytes * gpusPerToken / (Double(sms) * rates.copyPerSM),
      forwarding: isWide ? allBytes * nodesPerToken / rates.forwarding : 0,
      latency: node.nvlinkLatency.value + (isWide ? node.networkLatency.value : 0))
  }

  /// Bytes of one copy of each token of a GPU.
  private var allBytes: Double { Double(tokens) * Double(bytesPerToken) }

  /// Bytes of the copies to nodes, the sender's included: what published bandwidths divide by.
  package var logicalBytes: Double {
    allBytes * (nodeCount > 1 ? nodesPerToken : gpusPerToken)
  }

  /// Bytes that a GPU's NIC sends: copies to remote nodes.
  package var networkBytes: Double {
    allBytes * nodesPerToken * Double(nodeCount - 1) / Double(nodeCount)
  }

  /// Bytes that cross a GPU's NVLink port: copies to other GPUs than the one that forwards them.
  package func nvlinkBytes(gpusPerNode: Int) -> Double {
    allBytes * gpusPerToken * Double(gpusPerNode - 1) / Double(gpusPerNode)
  }
}

/// Seconds that each leg of an exchange takes by itself; they are pipelined.
package struct ExchangeLegs: Hashable, Sendable {
  /// Copies through a NIC.
  package var network: Double
  /// Copies through an NVLink port.
  package var nvlink: Double
  /// Work of the streaming multiprocessors.
  package var copying: Double
  /// Copies to nodes, remote and own, through the forwarding GPU.
  package var forwarding: Double
  /// How long the last chunk travels.
  package var latency: Double

  /// Duration of the exchange.
  package var seconds: Double { max(network, nvlink, copying, forwarding) + latency }

  /// The name of the leg that is slowest.
  package var bound: String {
    switch max(network, nvlink, copying, forwarding) {
    case network: "NIC"
    case nvlink: "NVLink"
    case copying: "SMs"
    default: "forwarding"
    }
  }
}
