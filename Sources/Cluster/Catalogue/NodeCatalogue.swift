// The nodes that scenarios can name: eight GPUs with one NIC each, like DeepSeek's nodes and
// NVIDIA's HGX.

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
    eightGPUs(.a100, nic: BytesPerSecond(25e9), nicSource: "\(.hardware.dgxA100NIC)"),
  ]

  /// The NIC bandwidth per GPU assumed for H20 nodes: the H800's.
  static let assumedNIC = BytesPerSecond(50e9)
  /// Latencies of 64 B messages, measured on the H800 cluster and assumed for every other node.
  static let assumedLatencies = (nvlink: Seconds(3.33e-6), network: Seconds(3.7e-6))

  private static func eightGPUs(
    _ gpu: GPUSpec, nic: BytesPerSecond, nicSource: SourceText,
    nvlinkLatency: SourceText = "\(.assumed.latencies)",
    networkLatency: SourceText = "\(.assumed.latencies)"
  ) -> NodeSpec {
    NodeSpec(
      name: gpu.name, gpu: gpu, gpusPerNode: 8, nicPerDirection: nic,
      nvlinkLatency: assumedLatencies.nvlink, networkLatency: assumedLatencies.network,
      sources: [
        FieldSource("gpus_per_node", "\(.networks.nic): 8 NICs, one a GPU"),
        FieldSource("nic_per_direction", nicSource),
        FieldSource("nvlink_latency", nvlinkLatency),
        FieldSource("network_latency", networkLatency),
      ])
  }
}
