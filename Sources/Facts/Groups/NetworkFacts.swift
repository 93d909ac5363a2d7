// NICs, switches and latencies between GPUs.

/// Facts `hw.ib.`, `hw.lat.` and `hw.net.`.
package final class NetworkFacts: Sendable {
  package let nic = Fact(
    "hw.ib.nic_bw", "50", "GB/s",
    "nominal, per direction: a ConnectX-7 of 400 Gb/s for each of a node's eight GPUs", .input,
    .primary, .report("section 3.2.2"), .insights("section 4.1"))
  package let crossLeafLatency = Fact(
    "hw.lat.ib_cross_leaf", "3.7", "us", "InfiniBand, 64 B between nodes of two leaf switches",
    .input, .copy, .insights("Table 5"))
  package let sameLeafLatency = Fact(
    "hw.lat.ib_same_leaf", "2.8", "us", "InfiniBand, 64 B between nodes under one leaf switch",
    .input, .copy, .insights("Table 5"))
  package let nvlinkLatency = Fact(
    "hw.lat.nvlink", "3.33", "us", "64 B inside a node", .input, .copy, .insights("Table 5"))
  package let planes = Fact(
    "hw.net.planes", "8", "planes",
    "one two-layer fat tree for each GPU-NIC pair of a node; switches of 64 ports of 400 Gb/s; "
      + "at most 16,384 GPUs", .input, .copy, .insights("section 5.1"))
  package let rails = Fact(
    "hw.net.rails", "one leaf switch for each rail of 32 nodes", "",
    "the rail-optimised fat tree of DGX systems", .input, .unverified,
    "NVIDIA DGX SuperPOD reference architecture")
  package let topologyCost = Fact(
    "hw.net.topology_cost", "9, 72, 491, 146 and 1522", "MUSD",
    "an estimate: FT2 with 2,048 endpoints, 96 switches and 2,048 links; multi-plane 16,384, 768, "
      + "16,384; FT3 65,536, 5,120, 131,072; Slim Fly 32,928, 1,568, 32,928; Dragonfly 261,632, "
      + "16,352, 384,272", .input, .copy, .insights("Table 3"))
}
