// The GPUs that scenarios can name. An id such as `hw.h800.sms` is a row of the project's list of
// published facts; other sources are named in words. To add a GPU: one entry, each field sourced.

import Units

extension GPUSpec {
  /// Every GPU of the catalogue, in the order in which lists print it.
  public static let catalogue: [GPUSpec] = [h800, h100, h200, h20, a100]

  /// The price of GPUs whose rent is not published: that of the H800 in the DeepSeek-V3 report.
  private static let assumedPrice = USDollarsPerGPUHour(2)
  private static let assumedPriceSource = "assumed: the H800's price (price.h800)"

  /// NVIDIA H800 SXM, the GPU that DeepSeek-V3 was trained on.
  static let h800 = GPUSpec(
    name: "h800-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: Bytes(84_943_110_144),
    memoryBandwidth: BytesPerSecond(3350e9), nvlinkPerDirection: BytesPerSecond(200e9),
    thermalDesignPower: Watts(700), price: USDollarsPerGPUHour(2),
    sources: [
      FieldSource("sm_count", "hw.h800.sms"), FieldSource("bf16_peak", "hw.h800.bf16_dense_peak"),
      FieldSource("fp8_peak", "hw.h800.fp8_dense_peak"),
      FieldSource("memory", "hw.h800.hbm_bytes"),
      FieldSource("memory_bandwidth", "hw.h800.hbm_bw_peak"),
      FieldSource("nvlink_per_direction", "hw.h800.nvlink_total, half of it"),
      FieldSource("thermal_design_power", "hw.h100.tdp: H800 SXM believed equal"),
      FieldSource("price", "price.h800"),
    ])

  /// NVIDIA H100 SXM.
  static let h100 = GPUSpec(
    name: "h100-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: Bytes(84_943_110_144),
    memoryBandwidth: BytesPerSecond(3350e9), nvlinkPerDirection: BytesPerSecond(450e9),
    thermalDesignPower: Watts(700), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "NVIDIA H100 SXM5 datasheet"),
      FieldSource("bf16_peak", "hw.h800.bf16_dense_peak: the row is for H100 and H800"),
      FieldSource("fp8_peak", "hw.h800.fp8_dense_peak: the row is for H100"),
      FieldSource("memory", "hw.h800.hbm_bytes: the same 80 GB HBM3"),
      FieldSource("memory_bandwidth", "NVIDIA H100 SXM5 datasheet"),
      FieldSource("nvlink_per_direction", "hw.h100.nvlink_total, half of it"),
      FieldSource("thermal_design_power", "hw.h100.tdp"),
      FieldSource("price", assumedPriceSource),
    ])

  /// NVIDIA H200 SXM.
  static let h200 = GPUSpec(
    name: "h200-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: Bytes(141e9),
    memoryBandwidth: BytesPerSecond(4800e9), nvlinkPerDirection: BytesPerSecond(450e9),
    thermalDesignPower: Watts(700), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "NVIDIA H200 SXM datasheet"),
      FieldSource("bf16_peak", "NVIDIA H200 SXM datasheet: as H100"),
      FieldSource("fp8_peak", "NVIDIA H200 SXM datasheet: as H100"),
      FieldSource("memory", "NVIDIA H200 SXM datasheet, nominal"),
      FieldSource("memory_bandwidth", "NVIDIA H200 SXM datasheet"),
      FieldSource("nvlink_per_direction", "NVIDIA H200 SXM datasheet, half of 900 GB/s"),
      FieldSource("thermal_design_power", "NVIDIA H200 SXM datasheet"),
      FieldSource("price", assumedPriceSource),
    ])

  /// NVIDIA H20.
  static let h20 = GPUSpec(
    name: "h20", smCount: 78, bf16Peak: FLOPsPerSecond(148e12), fp8Peak: FLOPsPerSecond(296e12),
    memory: Bytes(96e9), memoryBandwidth: BytesPerSecond(4000e9),
    nvlinkPerDirection: BytesPerSecond(450e9), thermalDesignPower: Watts(400),
    price: assumedPrice,
    sources: [
      FieldSource("sm_count", "NVIDIA H20 product brief"),
      FieldSource("bf16_peak", "NVIDIA H20 product brief"),
      FieldSource("fp8_peak", "NVIDIA H20 product brief"),
      FieldSource("memory", "NVIDIA H20 product brief, nominal"),
      FieldSource("memory_bandwidth", "NVIDIA H20 product brief"),
      FieldSource("nvlink_per_direction", "NVIDIA H20 product brief, half of 900 GB/s"),
      FieldSource("thermal_design_power", "NVIDIA H20 product brief"),
      FieldSource("price", assumedPriceSource),
    ])

  /// NVIDIA A100 SXM with 80 GB; its tensor cores know no FP8.
  static let a100 = GPUSpec(
    name: "a100-sxm", smCount: 108, bf16Peak: FLOPsPerSecond(312e12), fp8Peak: nil,
    memory: Bytes(80 * 1_073_741_824), memoryBandwidth: BytesPerSecond(2039e9),
    nvlinkPerDirection: BytesPerSecond(300e9), thermalDesignPower: Watts(400),
    price: assumedPrice,
    sources: [
      FieldSource("sm_count", "NVIDIA A100 80GB SXM datasheet"),
      FieldSource("bf16_peak", "NVIDIA A100 80GB SXM datasheet"),
      FieldSource("fp8_peak", "NVIDIA A100 80GB SXM datasheet: none"),
      FieldSource("memory", "NVIDIA A100 80GB SXM datasheet, nominal"),
      FieldSource("memory_bandwidth", "NVIDIA A100 80GB SXM datasheet"),
      FieldSource("nvlink_per_direction", "NVIDIA A100 80GB SXM datasheet, half of 600 GB/s"),
      FieldSource("thermal_design_power", "NVIDIA A100 80GB SXM datasheet"),
      FieldSource("price", assumedPriceSource),
    ])
}
