// The nodes that scenarios can name: hosts of eight GPUs with one NIC each, like DeepSeek's nodes
// and NVIDIA's HGX, and the hosts of rack-scale systems, many of which share one scale-up fabric.

import Facts
import Units

extension NodeSpec {
  /// Every node of the catalogue, in the order of printed lists.
  package static let catalogue: [NodeSpec] = [
    eightGPUs(
      .h800, nic: BytesPerSecond(50e9), nicSource: "\(.networks.nic)",
      nvlinkLatency: "\(.networks.nvlinkLatency)",
      networkLatency: "\(.networks.crossLeafLatency)"),
    eightGPUs(.h100, nic: BytesPerSecond(50e9), nicSource: "\(.hardware.dgxH100NIC)"),
    eightGPUs(.h200, nic: BytesPerSecond(50e9), nicSource: "\(.hardware.dgxH200NIC)"),
    eightGPUs(.h20, nic: assumedNIC, nicSource: "\(.assumed.nic)"),
    eightGPUs(.h20Large, nic: assumedNIC, nicSource: "\(.assumed.nic)"),
    eightGPUs(.a100, nic: BytesPerSecond(25e9), nicSource: "\(.hardware.dgxA100NIC)"),
    eightGPUs(.b200, nic: BytesPerSecond(50e9), nicSource: "\(.accelerators.b200NIC)"),
    eightGPUs(.b300, nic: BytesPerSecond(100e9), nicSource: "\(.accelerators.b300NIC)"),
    nvl72(
      "gb200-nvl72", .gb200, nic: BytesPerSecond(50e9), nicSource: "\(.accelerators.gb200NIC)"),
    nvl72(
      "gb300-nvl72", .gb300, nic: BytesPerSecond(100e9), nicSource: "\(.accelerators.gb300NIC)"),
    eightGPUs(.mi300x, nic: BytesPerSecond(50e9), nicSource: "\(.accelerators.mi300xNIC)"),
    eightGPUs(.mi355x, nic: BytesPerSecond(50e9), nicSource: "\(.accelerators.mi355xNIC)"),
    cloudMatrix384,
  ]

  /// The NIC bandwidth per GPU assumed for H20 nodes: the H800's.
  static let assumedNIC = BytesPerSecond(50e9)
  /// Latencies of 64 B messages, measured on the H800 cluster and assumed for every other node.
  static let assumedLatencies = (nvlink: Seconds(3.33e-6), network: Seconds(3.7e-6))
  /// Nodes of a rack where sites differ.
  static let assumedNodesPerRack = 1

  private static func eightGPUs(
    _ gpu: GPUSpec, nic: BytesPerSecond, nicSource: SourceText,
    nvlinkLatency: SourceText = "\(.assumed.latencies)",
    networkLatency: SourceText = "\(.assumed.latencies)"
  ) -> NodeSpec {
    NodeSpec(
      name: gpu.name, gpu: gpu, gpusPerNode: 8, nodesPerRack: assumedNodesPerRack,
      nicPerDirection: nic, nvlinkLatency: assumedLatencies.nvlink,
      networkLatency: assumedLatencies.network,
      sources: [
        FieldSource("gpus_per_node", "\(.networks.nic): 8 NICs, one a GPU"),
        FieldSource("nics_per_node", "\(.networks.nic): 8 NICs, one a GPU"),
        FieldSource("nodes_per_domain", "\(.networks.nic): a node is a domain of eight GPUs"),
        FieldSource("nodes_per_rack", "\(.assumed.nodesPerRack)"),
        FieldSource("nic_per_direction", nicSource),
        FieldSource("nvlink_latency", nvlinkLatency),
        FieldSource("network_latency", networkLatency),
      ])
  }

  /// A tray of an NVL72 rack.
  private static func nvl72(
    _ name: String, _ gpu: GPUSpec, nic: BytesPerSecond, nicSource: SourceText
  ) -> NodeSpec {
    NodeSpec(
      name: name, gpu: gpu, gpusPerNode: 4, nodesPerDomain: 18, nodesPerRack: 18,
      nicPerDirection: nic, nvlinkLatency: assumedLatencies.nvlink,
      networkLatency: assumedLatencies.network,
      sources: [
        FieldSource("gpus_per_node", "\(.accelerators.nvl72GPUs)"),
        FieldSource("nics_per_node", "\(.accelerators.nvl72GPUs)"),
        FieldSource("nodes_per_domain", "\(.accelerators.nvl72Nodes)"),
        FieldSource("nodes_per_rack", "\(.accelerators.nvl72Nodes)"),
        FieldSource("nic_per_direction", nicSource),
        FieldSource("nvlink_latency", "\(.assumed.latencies)"),
        FieldSource("network_latency", "\(.assumed.latencies)"),
      ])
  }

  /// A node of CloudMatrix384: 16 dies of eight NPUs, each die a GPU; 48 nodes share one fabric.
  private static let cloudMatrix384 = NodeSpec(
    name: "cloudmatrix384", gpu: .ascend910C, gpusPerNode: 16, nicsPerNode: 8, nodesPerDomain: 48,
    nodesPerRack: 4, nicPerDirection: BytesPerSecond(50e9),
    nvlinkLatency: assumedLatencies.nvlink, networkLatency: assumedLatencies.network,
    sources: [
      FieldSource("gpus_per_node", "\(.accelerators.cloudMatrixDies)"),
      FieldSource("nics_per_node", "\(.accelerators.cloudMatrixNICs)"),
      FieldSource("nodes_per_domain", "\(.accelerators.cloudMatrixNodes)"),
      FieldSource("nodes_per_rack", "\(.accelerators.cloudMatrixRack)"),
      FieldSource("nic_per_direction", "\(.accelerators.cloudMatrixNIC)"),
      FieldSource("nvlink_latency", "\(.assumed.latencies)"),
      FieldSource("network_latency", "\(.assumed.latencies)"),
    ])
}
