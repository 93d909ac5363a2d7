// A node and a cluster of equal nodes.

import Units

/// A server: GPUs behind one NVLink switch, with one NIC per GPU.
package struct NodeSpec: Hashable, Sendable {
  /// Catalogue name, for example `h800-sxm`.
  package var name: String
  package var gpu: GPUSpec
  /// GPUs in the node; each has one NIC.
  package var gpusPerNode: Int
  /// Nominal bandwidth of one NIC in one direction.
  package var nicPerDirection: BytesPerSecond
  /// End-to-end latency of a small message inside the node.
  package var nvlinkLatency: Seconds
  /// End-to-end latency of a small message between nodes that share no leaf switch.
  package var networkLatency: Seconds
  /// The source of each figure, in the order of the fields.
  package var sources: [FieldSource]

  package init(
    name: String, gpu: GPUSpec, gpusPerNode: Int, nicPerDirection: BytesPerSecond,
    nvlinkLatency: Seconds, networkLatency: Seconds, sources: [FieldSource]
  ) {
    self.name = name
    self.gpu = gpu
    self.gpusPerNode = gpusPerNode
    self.nicPerDirection = nicPerDirection
    self.nvlinkLatency = nvlinkLatency
    self.networkLatency = networkLatency
    self.sources = sources
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
  /// Switch links of that network with reduced bandwidth.
  package var switchFaults: [SwitchFault] = []

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
}
