// A node and a cluster of equal nodes.
//
//     node      a host with its GPUs and NICs
//     domain    nodes whose GPUs share one scale-up fabric, such as NVLink; one node by default
//     rack      nodes that stand together
//     network   joins the NICs of all nodes: `FabricSpec`

import Units

/// A host: its GPUs and its NICs.
package struct NodeSpec: Hashable, Sendable {
  /// Catalogue name, for example `h800-sxm`.
  package var name: String
  package var gpu: GPUSpec
  /// GPUs in the node.
  package var gpusPerNode: Int
  /// NICs in the node: neighbouring GPUs share one, or each GPU has several.
  package var nicsPerNode: Int
  /// Nodes of one scale-up domain: all their GPUs reach each other over the scale-up fabric.
  package var nodesPerDomain = 1
  /// Nodes of one rack.
  package var nodesPerRack = 1
  /// Nominal bandwidth of one NIC in one direction.
  package var nicPerDirection: BytesPerSecond
  /// End-to-end latency of a small message inside a scale-up domain.
  package var nvlinkLatency: Seconds
  /// End-to-end latency of a small message between domains that share no leaf switch.
  package var networkLatency: Seconds
  /// The source of each figure, in the order of the fields.
  package var sources: [FieldSource]
  /// How far exchange kernels of a draw are from their rates.
  package var exchangeError = ExchangeError.none

  /// Makes a node; by default each GPU has a NIC, and the node is a domain and a rack of its own.
  package init(
    name: String, gpu: GPUSpec, gpusPerNode: Int, nicsPerNode: Int? = nil,
    nodesPerDomain: Int = 1, nodesPerRack: Int = 1, nicPerDirection: BytesPerSecond,
    nvlinkLatency: Seconds, networkLatency: Seconds, sources: [FieldSource]
  ) {
    self.name = name
    self.gpu = gpu
    self.gpusPerNode = gpusPerNode
    self.nicsPerNode = nicsPerNode ?? gpusPerNode
    self.nodesPerDomain = nodesPerDomain
    self.nodesPerRack = nodesPerRack
    self.nicPerDirection = nicPerDirection
    self.nvlinkLatency = nvlinkLatency
    self.networkLatency = networkLatency
    self.sources = sources
  }
}

extension NodeSpec {
  /// Places where the node joins the network: its NICs, or the NICs of each GPU together if a GPU
  /// has several. Port p belongs to the GPUs g with `nicPort(of: g) == p`.
  package var nicPorts: Int { min(nicsPerNode, gpusPerNode) }

  /// NICs of a port.
  package var nicsPerPort: Int { nicsPerNode / nicPorts }

  /// The port through which a GPU of the node reaches the network.
  package func nicPort(of gpu: Int) -> Int { gpu % gpusPerNode * nicPorts / gpusPerNode }

  /// GPUs of one whole scale-up domain.
  package var gpusPerDomain: Int { nodesPerDomain * gpusPerNode }

  /// The fraction of a port that each of its GPUs has if they send alike.
  package var nicPortShare: Double { Double(nicPorts) / Double(gpusPerNode) }

  /// Bandwidth of a port in one direction.
  package var nicPortPerDirection: BytesPerSecond {
    nicPerDirection * (Double(nicsPerNode) / Double(nicPorts))
  }

  /// Bandwidth of the network in one direction for each GPU if all of a node send alike.
  package var networkPerGPU: BytesPerSecond {
    nicPortPerDirection * nicPortShare
  }
}

/// A cluster of equal nodes.
package struct ClusterSpec: Hashable, Sendable {
  package var node: NodeSpec
  /// Nodes of the cluster.
  package var nodeCount: Int
  /// Ports with reduced bandwidth.
  package var faults: [LinkFault]
  /// The network between the nodes.
  package var fabric: FabricSpec
  /// How its switches choose among parallel cables.
  package var paths = PathChoice.adaptive
  /// Seed of the hashes of `ecmp`.
  package var pathSeed: UInt64 = 0
  /// Switch links of that network with reduced bandwidth.
  package var switchFaults: [SwitchFault] = []
  /// The draw of what is not known exactly; nil for the best estimates.
  package var draw: PredictionDraw?

  package init(
    node: NodeSpec, nodeCount: Int, faults: [LinkFault] = [], fabric: FabricSpec = .nonBlocking
  ) {
    self.node = node
    self.nodeCount = nodeCount
    self.faults = faults
    self.fabric = fabric
  }

  /// GPUs of the whole cluster.
  package var gpuCount: Int { nodeCount * node.gpusPerNode }

  /// Whether equal GPUs use different links between switches, so that none can represent others.
  package var hasOwnPaths: Bool { fabric.isListed || paths == .ecmp }

  /// NIC ports of the whole cluster.
  package var nicPortCount: Int { nodeCount * node.nicPorts }

  /// NICs of the whole cluster.
  var nicCount: Int { nodeCount * node.nicsPerNode }

  /// The number of a NIC port across all nodes.
  func number(of port: NICPort) -> Int { port.node * node.nicPorts + port.rail }

  /// GPUs that share one scale-up fabric.
  package var gpusPerDomain: Int { min(nodeCount, node.nodesPerDomain) * node.gpusPerNode }

  /// The word for the GPUs that share a scale-up fabric, for messages.
  package var domainWord: String { node.nodesPerDomain == 1 ? "node" : "scale-up domain" }

  /// Scale-up domains of the cluster, the last of which may be smaller.
  package var domainCount: Int { (gpuCount + gpusPerDomain - 1) / gpusPerDomain }

  /// The scale-up domain of a GPU.
  package func domain(of gpu: Int) -> Int { gpu / gpusPerDomain }
}
