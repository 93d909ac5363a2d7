// Rates, sizes and price of a GPU, each with its source.

import Facts
import Units

/// A GPU model. Rates are peaks; ModelCost models the share that kernels achieve.
package struct GPUSpec: Hashable, Sendable {
  /// Catalogue name, for example `h800-sxm`.
  package var name: String
  /// Catalogue name of the GPU that it changes; nil unless a scenario changes one.
  package var base: String?
  /// Streaming multiprocessors.
  package var smCount: Int
  /// Dense BF16 tensor peak.
  package var bf16Peak: FLOPsPerSecond
  /// Dense FP8 tensor peak; nil if the GPU has no FP8 tensor cores.
  package var fp8Peak: FLOPsPerSecond?
  /// Whether products scale blocks of their operands and take them in any order, as on Blackwell.
  package var hasBlockScaling: Bool
  /// Memory available to programs.
  package var memory: Bytes
  /// Peak memory bandwidth.
  package var memoryBandwidth: BytesPerSecond
  /// NVLink bandwidth of one GPU in one direction, nominal.
  package var nvlinkPerDirection: BytesPerSecond
  /// Thermal design power.
  package var thermalDesignPower: Watts
  /// Rental price.
  package var price: USDollarsPerGPUHour
  /// The source of each figure, in the order of the fields.
  package var sources: [FieldSource]

  package init(
    name: String, base: String? = nil, smCount: Int, bf16Peak: FLOPsPerSecond,
    fp8Peak: FLOPsPerSecond?, hasBlockScaling: Bool = false, memory: Bytes,
    memoryBandwidth: BytesPerSecond,
    nvlinkPerDirection: BytesPerSecond,
    thermalDesignPower: Watts, price: USDollarsPerGPUHour, sources: [FieldSource]
  ) {
    self.name = name
    self.base = base
    self.smCount = smCount
    self.bf16Peak = bf16Peak
    self.fp8Peak = fp8Peak
    self.hasBlockScaling = hasBlockScaling
    self.memory = memory
    self.memoryBandwidth = memoryBandwidth
    self.nvlinkPerDirection = nvlinkPerDirection
    self.thermalDesignPower = thermalDesignPower
    self.price = price
    self.sources = sources
  }

  /// Name of the GPU whose kernels it runs: that of the catalogue which it changes, or its own.
  package var kernelName: String { base ?? name }
}

/// The source of one field of a catalogue entry.
package struct FieldSource: Hashable, Sendable {
  /// The source of every figure that a scenario specifies itself.
  package static let scenario: SourceText = "scenario"

  /// The field's key in a scenario.
  package var field: String
  /// The facts from which the figure is derived, and how.
  package var source: SourceText

  package init(_ field: String, _ source: SourceText) {
    self.field = field
    self.source = source
  }
}
