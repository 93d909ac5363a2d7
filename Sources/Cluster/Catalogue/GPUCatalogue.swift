// The GPUs that scenarios can name: here those up to Hopper, in LaterGPUs.swift the others. To add
// a GPU: its facts in Facts/Groups, and one entry whose fields name them. A test compares each
// field with its fact.

import Facts
import Units

extension GPUSpec {
  /// Every GPU of the catalogue, in the order of printed lists.
  package static let catalogue: [GPUSpec] = [
    h800, h100, h200, h20, h20Large, a100, b200, b300, gb200, gb300, mi300x, mi355x, ascend910C,
  ]

  /// The price of GPUs without a published rental price: the H800's in the DeepSeek-V3 report.
  static let assumedPrice = USDollarsPerGPUHour(2)

  /// What a driver keeps of the memory that it shows.
  static let assumedDriverReserve = Bytes(551 * mebibyte)

  /// Memory for programs, from what the driver shows, in MiB.
  static func memory(shownByDriver mebibytes: Double) -> Bytes {
    Bytes(mebibytes * mebibyte - assumedDriverReserve.value)
  }

  /// Memory for programs, from that of the stacks.
  static func memory(nominalGibibytes gibibytes: Double) -> Bytes {
    memory(shownByDriver: gibibytes * 1024)
  }

  private static let mebibyte = 1_048_576.0

  /// NVIDIA H800 SXM, the GPU that DeepSeek-V3 was trained on.
  static let h800 = GPUSpec(
    name: "h800-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: Bytes(84_943_110_144),
    memoryBandwidth: BytesPerSecond(3350e9), nvlinkPerDirection: BytesPerSecond(200e9),
    thermalDesignPower: Watts(700), price: USDollarsPerGPUHour(2),
    sources: [
      FieldSource("sm_count", "\(.hardware.h800SMs)"),
      FieldSource("bf16_peak", "\(.hardware.h800BF16)"),
      FieldSource("fp8_peak", "\(.hardware.h800FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.hardware.h800Memory)"),
      FieldSource("memory_bandwidth", "\(.hardware.h800Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.hardware.h800NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.hardware.h100TDP): H800 SXM believed equal"),
      FieldSource("price", "\(.hardware.h800Price)"),
    ])

  /// NVIDIA H100 SXM.
  static let h100 = GPUSpec(
    name: "h100-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: Bytes(84_943_110_144),
    memoryBandwidth: BytesPerSecond(3350e9), nvlinkPerDirection: BytesPerSecond(450e9),
    thermalDesignPower: Watts(700), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.hardware.h100SMs)"),
      FieldSource("bf16_peak", "\(.hardware.h800BF16): the row is for H100 and H800"),
      FieldSource("fp8_peak", "\(.hardware.h800FP8): the row is for H100"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.hardware.h800Memory): the same 80 GB HBM3"),
      FieldSource("memory_bandwidth", "\(.hardware.h100Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.hardware.h100NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.hardware.h100TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// NVIDIA H200 SXM.
  static let h200 = GPUSpec(
    name: "h200-sxm", smCount: 132, bf16Peak: FLOPsPerSecond(989.4e12),
    fp8Peak: FLOPsPerSecond(1978.9e12), memory: memory(shownByDriver: 143_771),
    memoryBandwidth: BytesPerSecond(4800e9), nvlinkPerDirection: BytesPerSecond(450e9),
    thermalDesignPower: Watts(700), price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.hardware.h200SMs)"),
      FieldSource("bf16_peak", "\(.hardware.h200BF16)"),
      FieldSource("fp8_peak", "\(.hardware.h200FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.hardware.h200Memory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.hardware.h200Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.hardware.h200NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.hardware.h200TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// NVIDIA H20.
  static let h20 = GPUSpec(
    name: "h20", smCount: 78, bf16Peak: FLOPsPerSecond(148e12), fp8Peak: FLOPsPerSecond(296e12),
    memory: memory(shownByDriver: 97_871), memoryBandwidth: BytesPerSecond(4000e9),
    nvlinkPerDirection: BytesPerSecond(450e9), thermalDesignPower: Watts(400),
    price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.hardware.h20SMs)"),
      FieldSource("bf16_peak", "\(.hardware.h20BF16)"),
      FieldSource("fp8_peak", "\(.hardware.h20FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.hardware.h20Memory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.hardware.h20Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.hardware.h20NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.hardware.h20TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])

  /// The NVIDIA H20 with 141 GB.
  static let h20Large: GPUSpec = {
    var gpu = h20
    gpu.name = "h20-141gb"
    gpu.memory = h200.memory
    gpu.memoryBandwidth = assumedH20Bandwidth
    gpu.sources = gpu.sources.map { source in
      switch source.field {
      case "memory":
        FieldSource("memory", "\(.hardware.h200Memory), less \(.assumed.driverReserve)")
      case "memory_bandwidth": FieldSource("memory_bandwidth", "\(.assumed.h20Bandwidth)")
      default: source
      }
    }
    return gpu
  }()

  /// The bandwidth of the H20's larger memory.
  static let assumedH20Bandwidth = BytesPerSecond(4800e9)

  /// NVIDIA A100 SXM with 80 GB; its tensor cores do not support FP8.
  static let a100 = GPUSpec(
    name: "a100-sxm", smCount: 108, bf16Peak: FLOPsPerSecond(312e12), fp8Peak: nil,
    memory: memory(nominalGibibytes: 80), memoryBandwidth: BytesPerSecond(2039e9),
    nvlinkPerDirection: BytesPerSecond(300e9), thermalDesignPower: Watts(400),
    price: assumedPrice,
    sources: [
      FieldSource("sm_count", "\(.hardware.a100SMs)"),
      FieldSource("bf16_peak", "\(.hardware.a100BF16)"),
      FieldSource("fp8_peak", "\(.hardware.a100FP8)"),
      FieldSource("has_block_scaling", "\(.hardware.blockScaling)"),
      FieldSource("memory", "\(.hardware.a100Memory), less \(.assumed.driverReserve)"),
      FieldSource("memory_bandwidth", "\(.hardware.a100Bandwidth)"),
      FieldSource("nvlink_per_direction", "\(.hardware.a100NVLink), half of it"),
      FieldSource("thermal_design_power", "\(.hardware.a100TDP)"),
      FieldSource("price", "\(.assumed.price)"),
    ])
}
