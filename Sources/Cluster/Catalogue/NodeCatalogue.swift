// The nodes that scenarios can name: eight GPUs, one NIC each, as DeepSeek's and NVIDIA's HGX are.

import Units

extension NodeSpec {
  /// Every node of the catalogue, in the order in which lists print it.
  public static let catalogue: [NodeSpec] = [
    eightGPUs(
      .h800, nic: BytesPerSecond(50e9), nicSource: "hw.ib.nic_bw", latencies: "hw.lat.*"),
    eightGPUs(
      .h100, nic: BytesPerSecond(50e9), nicSource: "NVIDIA DGX H100 datasheet: 8 x 400 Gb/s",
      latencies: assumedLatencies),
    eightGPUs(
      .h200, nic: BytesPerSecond(50e9), nicSource: "NVIDIA DGX H200 datasheet: 8 x 400 Gb/s",
      latencies: assumedLatencies),
    eightGPUs(
      .h20, nic: BytesPerSecond(50e9), nicSource: "assumed: 8 x 400 Gb/s as the H800 node",
      latencies: assumedLatencies),
    eightGPUs(
      .a100, nic: BytesPerSecond(25e9), nicSource: "NVIDIA DGX A100 datasheet: 8 x 200 Gb/s",
      latencies: assumedLatencies),
  ]

  private static let assumedLatencies = "assumed: the H800 cluster's latencies (hw.lat.*)"

  /// Latencies of 64 B messages: hw.lat.nvlink and hw.lat.ib_cross_leaf.
  private static func eightGPUs(
    _ gpu: GPUSpec, nic: BytesPerSecond, nicSource: String, latencies: String
  ) -> NodeSpec {
    NodeSpec(
      name: gpu.name, gpu: gpu, gpusPerNode: 8, nicPerDirection: nic,
      nvlinkLatency: Seconds(3.33e-6), networkLatency: Seconds(3.7e-6),
      sources: [
        FieldSource("gpus_per_node", "hw.ib.nic_bw: 8 NICs, one a GPU"),
        FieldSource("nic_per_direction", nicSource),
        FieldSource("nvlink_latency", latencies), FieldSource("network_latency", latencies),
      ])
  }
}
