// Published times and bandwidths of DeepEP's dispatch and combine. Logical bandwidth counts the
// fan-out of a token to all nodes, including its own. The rows themselves are in
// Cluster/Exchange/ExchangeMeasurements.swift.

/// Facts `ep.`.
package final class ExchangeFacts: Sendable {
  package let h100LowLatency = Fact(
    "ep.h100.ll", "10 rows of dispatch and combine", "us",
    "H100, low-latency kernels in SGLang, 256 experts, top-8, 32 to 256 tokens, 1 to 8 nodes",
    .calibration, .primary, .aiconfigurator("wideep_deepep_ll_perf (h100_sxm, SGLang 0.5.6.post2)"))
  package let h100Normal = Fact(
    "ep.h100.normal", "7 rows of dispatch and combine", "us",
    "H100, normal kernels, 4,096 tokens, 8 to 24 SMs, 1 to 4 nodes; rows of 8 nodes are left out, "
      + "as waiting hides the link rates", .calibration, .primary,
    .aiconfigurator("wideep_deepep_normal_perf (h100_sxm)"))
  package let ll16 = Fact(
    "ep.ll.ep16", "118 dispatch, 195 combine", "us",
    "H800, low latency, 16 GPUs, 128 tokens, hidden size 7168, top-8, FP8 dispatch, BF16 combine",
    .validation, .primary, .deepEP("docs/legacy.md"))
  package let ll32 = Fact(
    "ep.ll.ep32", "155 dispatch, 273 combine", "us", "as ep.ll.ep16 with 32 GPUs", .validation,
    .primary, .deepEP("docs/legacy.md"))
  package let ll64 = Fact(
    "ep.ll.ep64", "173 dispatch, 314 combine", "us", "as ep.ll.ep16 with 64 GPUs", .calibration,
    .primary, .deepEP("docs/legacy.md"))
  package let ll8 = Fact(
    "ep.ll.ep8", "77 dispatch, 114 combine", "us", "as ep.ll.ep16 with 8 GPUs of one node",
    .calibration, .primary, .deepEP("docs/legacy.md"))
  package let pureRDMA = Fact(
    "ep.ll.pure_rdma", "4 rows of dispatch and combine", "us",
    "as ep.ll.ep16 with 8 to 64 GPUs; the first release, all messages through the NIC",
    .validation, .primary, .deepEP("README of commit ebfe47e"))
  package let messageBytes = Fact(
    "ep.ll_bytes", "7392 dispatch, 14336 combine", "B",
    "a token of hidden size 7168: FP8 with an FP32 scale for each 128 numbers, or BF16", .input,
    .derived, "arithmetic on the formats")
  package let memorySteps = Fact(
    "ep.memory_steps", "reads and writes of a token", "",
    "the copies that sender, forwarder and receiver of the normal and the low-latency kernels make "
      + "in memory", .input, .unverified,
    .deepEP("csrc/kernels: intranode.cu, internode.cu, internode_ll.cu"))
  package let v0Normal = Fact(
    "ep.v0.normal", "44 and 46 dispatch, 47 and 45 combine", "GB/s",
    "H800, 32 and 64 GPUs, logical bandwidth of the first release (2025-02), closest to the kernels"
      + " of the training trace", .calibration, .primary, .deepEP("README of commit ebfe47e"))
  package let v1Conditions = Fact(
    "ep.v1.conditions", "4,096 tokens, 24 SMs", "",
    "H800 with ConnectX-7 of 400 Gb/s, hidden size 7168, top-8 of 4 groups, FP8 dispatch, BF16 "
      + "combine", .input, .primary, .deepEP("docs/legacy.md, issues 130 and 285"))
  package let v1SixteenGPUs = Fact(
    "ep.v1.ep16", "43 dispatch, 43 combine", "GB/s",
    "H800, 16 GPUs, logical bandwidth; NVLink is the bottleneck, according to a maintainer",
    .calibration, .primary, .deepEP("docs/legacy.md, issue 285"))
  package let v1InsideNode = Fact(
    "ep.v1.intranode_ep8", "153 dispatch, 158 combine", "GB/s", "H800, 8 GPUs of a node, by NVLink",
    .calibration, .primary, .deepEP("docs/legacy.md"))
  package let v2 = Fact(
    "ep.v2", "90 and 61 dispatch, 81 and 61 combine", "GB/s",
    "SM90 with ConnectX-7, 8,192 tokens, 2 nodes with 12 SMs and 4 with 6, logical bandwidth of "
      + "the second version (2026-04), whose kernels are not modelled", .validation, .primary,
    .deepEP("README of the main branch"))
}
