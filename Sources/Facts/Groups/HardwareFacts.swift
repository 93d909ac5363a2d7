// GPUs, nodes and GPU-hour prices.

/// Facts `hw.` of GPUs and nodes, and `price.`.
package final class HardwareFacts: Sendable {
  package let a100BF16 = Fact(
    "hw.a100.bf16_dense_peak", "312", "TFLOP/s", "A100 80 GB SXM, dense", .input, .unverified,
    "NVIDIA A100 80GB SXM datasheet")
  package let a100FP8 = Fact(
    "hw.a100.fp8_dense_peak", "none", "", "the A100's tensor cores do not support FP8", .input,
    .unverified, "NVIDIA A100 80GB SXM datasheet")
  package let a100Bandwidth = Fact(
    "hw.a100.hbm_bw_peak", "2039", "GB/s", "A100 80 GB SXM", .input, .unverified,
    "NVIDIA A100 80GB SXM datasheet")
  package let a100Memory = Fact(
    "hw.a100.hbm_bytes", "80", "GiB", "A100 80 GB SXM, nominal", .input, .unverified,
    "NVIDIA A100 80GB SXM datasheet")
  package let a100NVLink = Fact(
    "hw.a100.nvlink_total", "600", "GB/s", "A100 SXM, both directions of a GPU together", .input,
    .unverified, "NVIDIA A100 80GB SXM datasheet")
  package let a100SMs = Fact(
    "hw.a100.sms", "108", "SM", "A100 SXM", .input, .unverified, "NVIDIA A100 80GB SXM datasheet")
  package let a100TDP = Fact(
    "hw.a100.tdp", "400", "W", "A100 80 GB SXM", .input, .unverified,
    "NVIDIA A100 80GB SXM datasheet")
  package let blockScaling = Fact(
    "hw.block_scaling", "B200, B300, GB200, GB300, MI355X", "",
    "products of MX formats, with scales of blocks; no other GPU of the catalogue", .input,
    .unverified,
    "Transformer Engine, MXFP8BlockScaling, https://github.com/NVIDIA/TransformerEngine; CDNA 4")
  package let dgxA100NIC = Fact(
    "hw.dgx_a100.nic_bw", "200", "Gb/s", "each of eight NICs, one per GPU; per direction",
    .input, .unverified, "NVIDIA DGX A100 datasheet")
  package let dgxH100NIC = Fact(
    "hw.dgx_h100.nic_bw", "400", "Gb/s", "each of eight NICs, one per GPU; per direction",
    .input, .unverified, "NVIDIA DGX H100 datasheet")
  package let dgxH200NIC = Fact(
    "hw.dgx_h200.nic_bw", "400", "Gb/s", "each of eight NICs, one per GPU; per direction",
    .input, .unverified, "NVIDIA DGX H200 datasheet")
  package let h100Bandwidth = Fact(
    "hw.h100.hbm_bw_peak", "3350", "GB/s", "H100 SXM5", .input, .unverified,
    "NVIDIA H100 SXM5 datasheet")
  package let h100NVLink = Fact(
    "hw.h100.nvlink_total", "900", "GB/s", "H100 SXM5, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems/h100_sxm.yaml"), .insights("section 4.1"))
  package let h100SMs = Fact(
    "hw.h100.sms", "132", "SM", "H100 SXM5", .input, .unverified, "NVIDIA H100 SXM5 datasheet")
  package let h100TDP = Fact(
    "hw.h100.tdp", "700", "W", "H100 SXM; believed to be the same for the H800 SXM", .input,
    .primary, .aiconfigurator("systems/h100_sxm.yaml"))
  package let h20BF16 = Fact(
    "hw.h20.bf16_dense_peak", "148", "TFLOP/s", "H20, dense", .input, .secondary,
    "NVIDIA H20 product brief, as quoted in a table of an LMSYS blog post by Ant Group")
  package let h20FP8 = Fact(
    "hw.h20.fp8_dense_peak", "296", "TFLOP/s", "H20, dense", .input, .secondary,
    "NVIDIA H20 product brief, as quoted in a table of an LMSYS blog post by Ant Group")
  package let h20Bandwidth = Fact(
    "hw.h20.hbm_bw_peak", "4000", "GB/s", "H20", .input, .secondary,
    "NVIDIA H20 product brief, as quoted in a table of an LMSYS blog post by Ant Group")
  package let h20Memory = Fact(
    "hw.h20.hbm_bytes", "97871", "MiB",
    "H20, as its driver shows it; nominally 96 GB, and there is a variant of 141 GB", .input,
    .secondary, .driverLogs)
  package let h20NVLink = Fact(
    "hw.h20.nvlink_total", "900", "GB/s", "H20, both directions of a GPU together", .input,
    .secondary,
    "NVIDIA H20 product brief, as quoted in a table of an LMSYS blog post by Ant Group")
  package let h20SMs = Fact(
    "hw.h20.sms", "78", "SM", "H20", .input, .secondary,
    "NVIDIA H20 product brief, as quoted in a table of an LMSYS blog post by Ant Group")
  package let h20TDP = Fact(
    "hw.h20.tdp", "400", "W", "H20", .input, .unverified, "NVIDIA H20 product brief")
  package let h200BF16 = Fact(
    "hw.h200.bf16_dense_peak", "989.4", "TFLOP/s",
    "H200, dense: the same as the H100; the file rounds it to 989", .input, .primary,
    .aiconfigurator("systems/h200_sxm.yaml"), "NVIDIA H200 SXM datasheet")
  package let h200FP8 = Fact(
    "hw.h200.fp8_dense_peak", "1978.9", "TFLOP/s",
    "H200, dense: the same as the H100; the file rounds it to 1978", .input, .primary,
    .aiconfigurator("systems/h200_sxm.yaml"), "NVIDIA H200 SXM datasheet")
  package let h200Bandwidth = Fact(
    "hw.h200.hbm_bw_peak", "4800", "GB/s", "H200", .input, .primary,
    .aiconfigurator("systems/h200_sxm.yaml"), "NVIDIA H200 SXM datasheet")
  package let h200Memory = Fact(
    "hw.h200.hbm_bytes", "143771", "MiB",
    "H200, as its driver shows it; nominally 141 GB, though it is 150.8e9 bytes", .input,
    .secondary, .driverLogs)
  package let h200NVLink = Fact(
    "hw.h200.nvlink_total", "900", "GB/s", "H200, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems/h200_sxm.yaml"), "NVIDIA H200 SXM datasheet")
  package let h200SMs = Fact(
    "hw.h200.sms", "132", "SM", "H200", .input, .unverified, "NVIDIA H200 SXM datasheet")
  package let h200TDP = Fact(
    "hw.h200.tdp", "700", "W", "H200 SXM", .input, .unverified, "NVIDIA H200 SXM datasheet")
  package let h800BF16 = Fact(
    "hw.h800.bf16_dense_peak", "989.4", "TFLOP/s", "H100 and H800 SXM, dense", .input, .primary,
    .flashMLA("docs/20250422, which gives 990 for the H800"),
    .aiconfigurator("systems/h100_sxm.yaml, which gives 989"),
    "G. K. Lockwood, H100, https://glennklockwood.com/garden/processors/h100")
  package let h800FP8 = Fact(
    "hw.h800.fp8_dense_peak", "1978.9", "TFLOP/s",
    "H100 SXM, dense; InferSim gives 1979 for the H800", .input, .primary,
    .aiconfigurator("systems/h100_sxm.yaml, which gives 1978"),
    "G. K. Lockwood, H100, https://glennklockwood.com/garden/processors/h100")
  package let h800AchievedBandwidth = Fact(
    "hw.h800.hbm_bw_achieved", "3000", "GB/s",
    "memory-bound decoding by FlashMLA, about 90 % of the peak", .input, .primary,
    .flashMLA("README"))
  package let h800Bandwidth = Fact(
    "hw.h800.hbm_bw_peak", "3350", "GB/s", "H800 SXM5", .input, .primary,
    .flashMLA("docs/20250422"))
  package let h800Memory = Fact(
    "hw.h800.hbm_bytes", "84943110144", "B", "as CUDA reports it (totalGlobalMem, 79.1 GiB)",
    .input, .primary, .profile("train.json, deviceProperties"))
  package let h800AchievedNVLink = Fact(
    "hw.h800.nvlink_effective", "160", "GB/s", "H800, achieved per direction", .input, .primary,
    .report("section 3.2.2"), .insights("section 4.3"), .deepEP("issue 16"))
  package let h800NVLink = Fact(
    "hw.h800.nvlink_total", "400", "GB/s", "H800, both directions of a GPU together", .input,
    .copy, .insights("sections 4.1 and 4.3"))
  package let h800SMs = Fact(
    "hw.h800.sms", "132", "SM", "H800 SXM", .input, .primary,
    .profile("train.json, deviceProperties"), .report("section 3.5.1"))
  package let pcie5 = Fact(
    "hw.pcie5_x16", "64", "GB/s", "PCIe 5.0 x16, one direction", .input, .primary,
    "aiconfigurator systems/h100_sxm.yaml, https://github.com/ai-dynamo/aiconfigurator")
  package let h800Price = Fact(
    "price.h800", "2", "USD/GPU-hour", "the rental price assumed in the report", .input, .primary,
    .report("Table 1"), .inferenceOverview)
}
