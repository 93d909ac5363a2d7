// GPUs after Hopper, GPUs of other makers, and the nodes and scale-up domains that are built from
// them. Peaks are dense; figures of 4-bit formats are left out because no kernel uses them.

/// Facts `hw.` of accelerators from B200 to CloudMatrix384, and their prices.
package final class AcceleratorFacts: Sendable {
  package let ascendBF16 = Fact(
    "hw.ascend910c.bf16_dense_peak", "376", "TFLOP/s",
    "one die of two; 752 for the whole NPU", .input, .primary, .cloudMatrix, .deviceTable)
  package let ascendBandwidth = Fact(
    "hw.ascend910c.hbm_bw_peak", "1600", "GB/s", "one die of two", .input, .primary,
    .cloudMatrix, .deviceTable)
  package let ascendMemory = Fact(
    "hw.ascend910c.hbm_bytes", "64", "GB", "one die of two, nominal", .input, .primary,
    .cloudMatrix, .deviceTable)
  package let ascendINT8 = Fact(
    "hw.ascend910c.int8_dense_peak", "752", "TFLOP/s",
    "INT8, TOP/s of one die of two: its 8-bit peak, used for FP8 products, which it lacks", .input,
    .primary, .cloudMatrix, .deviceTable)
  package let ascendUB = Fact(
    "hw.ascend910c.ub_total", "392", "GB/s",
    "Unified Bus, both directions of one die together: 196 each, 392 each for an NPU", .input,
    .primary, .cloudMatrix, .deviceTable)
  package let b200BF16 = Fact(
    "hw.b200.bf16_dense_peak", "2250", "TFLOP/s", "B200, dense", .input, .primary,
    .aiconfigurator("systems, B200"))
  package let b200FP8 = Fact(
    "hw.b200.fp8_dense_peak", "4500", "TFLOP/s", "B200, dense", .input, .primary,
    .aiconfigurator("systems, B200"))
  package let b200Bandwidth = Fact(
    "hw.b200.hbm_bw_peak", "7700", "GB/s", "B200", .input, .primary,
    .aiconfigurator("systems, B200"))
  package let b200Memory = Fact(
    "hw.b200.hbm_bytes", "183359", "MiB", "B200, as its driver shows it; nominally 180 GB", .input,
    .secondary, .driverLogs)
  package let b200NIC = Fact(
    "hw.b200.nic_bw", "400", "Gb/s",
    "each of eight ConnectX-7, one per GPU, per direction; with ConnectX-8 it is 800", .input,
    .primary, .aiconfigurator("systems, B200"))
  package let b200NVLink = Fact(
    "hw.b200.nvlink_total", "1800", "GB/s", "B200, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems, B200"))
  package let b200TDP = Fact(
    "hw.b200.tdp", "1000", "W", "B200", .input, .primary, .aiconfigurator("systems, B200"))
  package let b300BF16 = Fact(
    "hw.b300.bf16_dense_peak", "2250", "TFLOP/s", "B300, dense", .input, .primary,
    .aiconfigurator("systems, B300"))
  package let b300FP8 = Fact(
    "hw.b300.fp8_dense_peak", "4500", "TFLOP/s", "B300, dense", .input, .primary,
    .aiconfigurator("systems, B300"))
  package let b300Bandwidth = Fact(
    "hw.b300.hbm_bw_peak", "7750", "GB/s", "B300", .input, .primary,
    .aiconfigurator("systems, B300"))
  package let b300Memory = Fact(
    "hw.b300.hbm_bytes", "288", "GB", "B300, nominal", .input, .primary,
    .aiconfigurator("systems, B300"))
  package let b300NIC = Fact(
    "hw.b300.nic_bw", "800", "Gb/s", "each of eight ConnectX-8, one per GPU; per direction",
    .input, .primary, .aiconfigurator("systems, B300"))
  package let b300NVLink = Fact(
    "hw.b300.nvlink_total", "1800", "GB/s", "B300, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems, B300"))
  package let b300TDP = Fact(
    "hw.b300.tdp", "1100", "W", "B300", .input, .primary, .aiconfigurator("systems, B300"))
  package let cloudMatrixDies = Fact(
    "hw.cloudmatrix384.dies_per_node", "16", "dies", "eight NPUs of two dies", .input, .primary,
    .cloudMatrix, .deviceTable)
  package let cloudMatrixNIC = Fact(
    "hw.cloudmatrix384.nic_bw", "400", "Gb/s", "RoCE of an NPU, per direction", .input, .primary,
    .cloudMatrix, .deviceTable)
  package let cloudMatrixNICs = Fact(
    "hw.cloudmatrix384.nics_per_node", "8", "NICs",
    "RoCE, one for each NPU, so two dies share one", .input, .primary, .cloudMatrix)
  package let cloudMatrixNodes = Fact(
    "hw.cloudmatrix384.nodes", "48", "nodes",
    "384 NPUs, 768 dies, on one Unified Bus; 16 racks in all", .input, .primary, .cloudMatrix,
    .deviceTable)
  package let cloudMatrixRack = Fact(
    "hw.cloudmatrix384.nodes_per_rack", "4", "nodes",
    "12 racks hold the 48 nodes; the other four of the 16 hold switches", .input, .unverified,
    .cloudMatrix)
  package let gb200BF16 = Fact(
    "hw.gb200.bf16_dense_peak", "2500", "TFLOP/s", "GB200, a GPU, dense", .input, .primary,
    .aiconfigurator("systems, GB200"))
  package let gb200FP8 = Fact(
    "hw.gb200.fp8_dense_peak", "5000", "TFLOP/s", "GB200, a GPU, dense", .input, .primary,
    .aiconfigurator("systems, GB200"))
  package let gb200Bandwidth = Fact(
    "hw.gb200.hbm_bw_peak", "8000", "GB/s", "GB200, a GPU", .input, .primary,
    .aiconfigurator("systems, GB200"))
  package let gb200Memory = Fact(
    "hw.gb200.hbm_bytes", "199", "GB", "GB200, a GPU, usable", .input, .primary,
    .aiconfigurator("systems, GB200"))
  package let gb200NIC = Fact(
    "hw.gb200.nic_bw", "400", "Gb/s",
    "ConnectX-7 of a GPU, per direction; older tables had twice as much", .input, .primary,
    .aiconfigurator("systems, GB200"), "https://github.com/ai-dynamo/aisimulate/pull/192")
  package let gb200NVLink = Fact(
    "hw.gb200.nvlink_total", "1800", "GB/s", "GB200, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems, GB200"))
  package let gb200TDP = Fact(
    "hw.gb200.tdp", "1200", "W", "GB200, a GPU", .input, .primary,
    .aiconfigurator("systems, GB200"))
  package let gb300BF16 = Fact(
    "hw.gb300.bf16_dense_peak", "2500", "TFLOP/s", "GB300, a GPU, dense", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let gb300FP8 = Fact(
    "hw.gb300.fp8_dense_peak", "5000", "TFLOP/s", "GB300, a GPU, dense", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let gb300Bandwidth = Fact(
    "hw.gb300.hbm_bw_peak", "8000", "GB/s", "GB300, a GPU", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let gb300Memory = Fact(
    "hw.gb300.hbm_bytes", "298", "GB", "GB300, a GPU", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let gb300NIC = Fact(
    "hw.gb300.nic_bw", "800", "Gb/s", "ConnectX-8 of a GPU, per direction", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let gb300NVLink = Fact(
    "hw.gb300.nvlink_total", "1800", "GB/s", "GB300, both directions of a GPU together", .input,
    .primary, .aiconfigurator("systems, GB300"))
  package let gb300TDP = Fact(
    "hw.gb300.tdp", "1400", "W", "GB300, a GPU", .input, .primary,
    .aiconfigurator("systems, GB300"))
  package let mi300xBF16 = Fact(
    "hw.mi300x.bf16_dense_peak", "1307", "TFLOP/s", "MI300X, dense, rounded", .input, .secondary,
    .mi300x)
  package let mi300xCUs = Fact(
    "hw.mi300x.compute_units", "304", "CU", "MI300X", .input, .secondary, .mi300x)
  package let mi300xFabric = Fact(
    "hw.mi300x.fabric_total", "896", "GB/s",
    "Infinity Fabric, both directions of a GPU together: a mesh of one link to each of seven peers",
    .input, .secondary, .mi300x)
  package let mi300xFP8 = Fact(
    "hw.mi300x.fp8_dense_peak", "2615", "TFLOP/s", "MI300X, dense, rounded", .input, .secondary,
    .mi300x)
  package let mi300xBandwidth = Fact(
    "hw.mi300x.hbm_bw_peak", "5300", "GB/s", "MI300X", .input, .secondary, .mi300x)
  package let mi300xMemory = Fact(
    "hw.mi300x.hbm_bytes", "192", "GiB", "MI300X, nominal: eight stacks of 24 GiB", .input,
    .secondary, .mi300x)
  package let mi300xNIC = Fact(
    "hw.mi300x.nic_bw", "400", "Gb/s", "each of eight NICs, one per GPU; per direction", .input,
    .secondary, .mi300x)
  package let mi300xTDP = Fact(
    "hw.mi300x.tdp", "750", "W", "MI300X", .input, .secondary, .mi300x)
  package let mi355xBF16 = Fact(
    "hw.mi355x.bf16_dense_peak", "2500", "TFLOP/s", "MI355X, dense, rounded", .input, .secondary,
    .mi355x)
  package let mi355xCUs = Fact(
    "hw.mi355x.compute_units", "256", "CU", "MI355X", .input, .secondary, .mi355x)
  package let mi355xFP8 = Fact(
    "hw.mi355x.fp8_dense_peak", "5000", "TFLOP/s", "MI355X, dense, rounded", .input, .secondary,
    .mi355x)
  package let mi355xBandwidth = Fact(
    "hw.mi355x.hbm_bw_peak", "8000", "GB/s", "MI355X", .input, .secondary, .mi355x)
  package let mi355xMemory = Fact(
    "hw.mi355x.hbm_bytes", "288", "GiB", "MI355X, nominal: eight stacks of 36 GiB", .input,
    .secondary, .mi355x)
  package let mi355xNIC = Fact(
    "hw.mi355x.nic_bw", "400", "Gb/s", "each of eight NICs, one per GPU; per direction", .input,
    .secondary, .mi355x)
  package let mi355xTDP = Fact(
    "hw.mi355x.tdp", "1400", "W", "MI355X", .input, .secondary, .mi355x)
  package let nvl72GPUs = Fact(
    "hw.nvl72.gpus_per_node", "4", "GPUs", "of a tray, each with one NIC", .input, .primary,
    .aiconfigurator("systems, GB200 and GB300"))
  package let nvl72Nodes = Fact(
    "hw.nvl72.nodes", "18", "nodes", "trays of a rack, whose 72 GPUs share one NVLink fabric",
    .input, .primary, .aiconfigurator("systems, GB200 and GB300"))
  package let b200Price = Fact(
    "price.b200", "1.95", "USD/GPU-hour", "B200, as used in the source", .input, .unverified,
    "InferenceX, blog on GLM-5")
  package let mi355xPrice = Fact(
    "price.mi355x", "1.48", "USD/GPU-hour", "MI355X, as used in the source", .input, .unverified,
    "InferenceX, blog on GLM-5")
}

extension Citation {
  fileprivate static let cloudMatrix: Citation =
    "Serving Large Language Models on Huawei CloudMatrix384, https://arxiv.org/abs/2506.12708"
  fileprivate static let deviceTable: Citation = "msmodeling, tensor_cast/device.py"
  fileprivate static let mi300x: Citation =
    "AMD Instinct MI300X datasheet, as quoted on several pages that agree to rounding"
  fileprivate static let mi355x: Citation =
    "Primus, https://github.com/AMD-AGI/Primus/pull/855"
}
