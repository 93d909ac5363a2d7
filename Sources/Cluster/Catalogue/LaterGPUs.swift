// GPUs after Hopper and of other makers. None of their kernels was measured: they borrow the H800's
// efficiency by roofline, and results say so.
//
// Multiprocessors are SMs of NVIDIA, compute units of AMD and cube cores of Ascend: the shares that
// kernels and exchanges divide. An Ascend 910C has two dies; a die is one GPU here, because each
// has its own memory, and its peak of INT8 stands in for FP8, which it lacks.

import Facts
import Units

extension GPUSpec {
  /// Multiprocessors of B200, B300, GB200 and GB300.
  static let assumedBlackwellSMs = 148
  /// Cube cores of a die.
  static let assumedAscendCores = 24
  /// Power of a die.
  static let assumedAscendPower = Watts(350)
  /// Infinity Fabric of the MI355X, both directions together.
  static let assumedMI355XFabric = BytesPerSecond(1075.2e9)

  /// NVIDIA B200 SXM.
  static let b200 = GPUSpec(
    name: "b200-sxm", smCount: assumedBlackwellSMs, bf16Peak: FLOPsPerSecond(2250e12),
    fp8Peak: FLOPsPerSecond(4500e12), hasBlockScaling: true, memory: memory(shownByDriver: 183_359),
    memoryBandwidth: BytesPerSecond(7700e9), nvlinkPerDirection: BytesPerSecond(900e9),
    thermalDesignPower: Watts(1000), price: USDollarsPerGPUHour(1.95),
    sources: [
      FieldSource("sm_count", "\(.assumed.blackwellSMs)"),
      FieldSource("bf16_peak", "\(.accelerators.b200BF16)"),
      FieldSource("fp8_peak", "\(.accelerators.b200FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.b200Memory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.accelerators.b200Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.b200NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.b200TDP)"),
      FieldSource("price", "\(.accelerators.b200Price)"),
    ])

  /// NVIDIA B300 SXM.
  static let b300 = GPUSpec(
    name: "b300-sxm", smCount: assumedBlackwellSMs, bf16Peak: FLOPsPerSecond(2250e12),
    fp8Peak: FLOPsPerSecond(4500e12), hasBlockScaling: true, memory: Bytes(288e9),
    memoryBandwidth: BytesPerSecond(7750e9), nvlinkPerDirection: BytesPerSecond(900e9),
    thermalDesignPower: Watts(1100), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.assumed.blackwellSMs)"),
      FieldSource("bf16_peak", "\(.accelerators.b300BF16)"),
      FieldSource("fp8_peak", "\(.accelerators.b300FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.b300Memory)"),
      FieldSource("memory_bandwidth", "\(.accelerators.b300Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.b300NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.b300TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// A GPU of NVIDIA GB200.
  static let gb200 = GPUSpec(
    name: "gb200", smCount: assumedBlackwellSMs, bf16Peak: FLOPsPerSecond(2500e12),
    fp8Peak: FLOPsPerSecond(5000e12), hasBlockScaling: true, memory: Bytes(199e9),
    memoryBandwidth: BytesPerSecond(8000e9), nvlinkPerDirection: BytesPerSecond(900e9),
    thermalDesignPower: Watts(1200), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.assumed.blackwellSMs)"),
      FieldSource("bf16_peak", "\(.accelerators.gb200BF16)"),
      FieldSource("fp8_peak", "\(.accelerators.gb200FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.gb200Memory)"),
      FieldSource("memory_bandwidth", "\(.accelerators.gb200Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.gb200NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.gb200TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// A GPU of NVIDIA GB300.
  static let gb300 = GPUSpec(
    name: "gb300", smCount: assumedBlackwellSMs, bf16Peak: FLOPsPerSecond(2500e12),
    fp8Peak: FLOPsPerSecond(5000e12), hasBlockScaling: true, memory: Bytes(298e9),
    memoryBandwidth: BytesPerSecond(8000e9), nvlinkPerDirection: BytesPerSecond(900e9),
    thermalDesignPower: Watts(1400), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.assumed.blackwellSMs)"),
      FieldSource("bf16_peak", "\(.accelerators.gb300BF16)"),
      FieldSource("fp8_peak", "\(.accelerators.gb300FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.gb300Memory)"),
      FieldSource("memory_bandwidth", "\(.accelerators.gb300Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.gb300NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.gb300TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// AMD Instinct MI300X. The scale-up fabric is a mesh: valid if a GPU sends to its seven peers
  /// alike, as experts and rings over all eight do.
  static let mi300x = GPUSpec(
    name: "mi300x", smCount: 304, bf16Peak: FLOPsPerSecond(1307e12),
    fp8Peak: FLOPsPerSecond(2615e12), memory: memory(nominalGibibytes: 192),
    memoryBandwidth: BytesPerSecond(5300e9), nvlinkPerDirection: BytesPerSecond(448e9),
    thermalDesignPower: Watts(750), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.accelerators.mi300xCUs)"),
      FieldSource("bf16_peak", "\(.accelerators.mi300xBF16)"),
      FieldSource("fp8_peak", "\(.accelerators.mi300xFP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.mi300xMemory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.accelerators.mi300xBandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.mi300xFabric), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.mi300xTDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// AMD Instinct MI355X, with the same mesh.
  static let mi355x = GPUSpec(
    name: "mi355x", smCount: 256, bf16Peak: FLOPsPerSecond(2500e12),
    fp8Peak: FLOPsPerSecond(5000e12), hasBlockScaling: true, memory: memory(nominalGibibytes: 288),
    memoryBandwidth: BytesPerSecond(8000e9), nvlinkPerDirection: assumedMI355XFabric / 2,
    thermalDesignPower: Watts(1400), price: USDollarsPerGPUHour(1.48),
    sources: [
      FieldSource("sm_count", "\(.accelerators.mi355xCUs)"),
      FieldSource("bf16_peak", "\(.accelerators.mi355xBF16)"),
      FieldSource("fp8_peak", "\(.accelerators.mi355xFP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.mi355xMemory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.accelerators.mi355xBandwidth)"),
      FieldSource("nvlink_per_direction", "\(.assumed.mi355xFabric), half of it"),
      FieldSource("thermal_design_power", "\(.accelerators.mi355xTDP)"),
      FieldSource("price", "\(.accelerators.mi355xPrice)"),
    ])

  /// One die of a Huawei Ascend 910C.
  static let ascend910C = GPUSpec(
    name: "ascend-910c-die", smCount: assumedAscendCores, bf16Peak: FLOPsPerSecond(376e12),
    fp8Peak: FLOPsPerSecond(752e12), memory: Bytes(64e9),
    memoryBandwidth: BytesPerSecond(1600e9), nvlinkPerDirection: BytesPerSecond(196e9),
    thermalDesignPower: assumedAscendPower, price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.assumed.ascendCores)"),
      FieldSource("bf16_peak", "\(.accelerators.ascendBF16)"),
      FieldSource("fp8_peak", "\(.accelerators.ascendINT8), the 8-bit peak"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.accelerators.ascendMemory)"),
      FieldSource("memory_bandwidth", "\(.accelerators.ascendBandwidth)"),
      FieldSource("nvlink_per_direction", "\(.accelerators.ascendUB), half of it"),
      FieldSource("thermal_design_power", "\(.assumed.ascendPower)"),
      FieldSource("price", "\(.assumed.price)"),
    ])
}
