// A node and a cluster of equal nodes.

import Units

/// A server: GPUs behind one NVLink switch, with one NIC per GPU.
public struct NodeSpec: Hashable, Sendable {
  /// Catalogue name, for example `h800-sxm`.
  public var name: String
  public var gpu: GPUSpec
  /// GPUs in the node; each has one NIC.
  public var gpusPerNode: Int
  /// Nominal bandwidth of one NIC in one direction.
  public var nicPerDirection: BytesPerSecond
  /// End-to-end latency of a small message inside the node.
  public var nvlinkLatency: Seconds
  /// End-to-end latency of a small message between nodes that share no leaf switch.
  public var networkLatency: Seconds
  /// The source of each figure, in the order of the fields.
  public var sources: [FieldSource]

  public init(
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
public struct ClusterSpec: Hashable, Sendable {
  public var node: NodeSpec
  /// Nodes of the cluster.
  public var nodeCount: Int
  /// Ports with reduced bandwidth.
  public var faults: [LinkFault]
  /// The network between the nodes.
  public var fabric: FabricSpec
  /// Switch links of that network with reduced bandwidth.
  public var switchFaults: [SwitchFault] = []

  public init(
    node: NodeSpec, nodeCount: Int, faults: [LinkFault] = [], fabric: FabricSpec = .nonBlocking
  ) {
    self.node = node
    self.nodeCount = nodeCount
    self.faults = faults
    self.fabric = fabric
  }

  /// GPUs of the whole cluster.
  public var gpuCount: Int { nodeCount * node.gpusPerNode }
}
