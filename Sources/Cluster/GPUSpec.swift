// What a GPU is to the simulator: rates, sizes, price, each with the place it was read.

import Facts
import Units

/// A GPU model. Rates are peaks; what kernels achieve of them is ModelCost's business.
package struct GPUSpec: Hashable, Sendable {
  /// Catalogue name, for example `h800-sxm`.
  package var name: String
  /// Streaming multiprocessors.
  package var smCount: Int
  /// Dense BF16 tensor peak.
  package var bf16Peak: FLOPsPerSecond
  /// Dense FP8 tensor peak; nil if the GPU has no FP8 tensor cores.
  package var fp8Peak: FLOPsPerSecond?
  /// Memory that programs see.
  package var memory: Bytes
  /// Peak memory bandwidth.
  package var memoryBandwidth: BytesPerSecond
  /// NVLink bandwidth of one GPU in one direction, nominal.
  package var nvlinkPerDirection: BytesPerSecond
  /// Thermal design power.
  package var thermalDesignPower: Watts
  /// Rental price.
  package var price: USDollarsPerGPUHour
  /// Where each figure was read, in the order of the fields.
  package var sources: [FieldSource]

  package init(
    name: String, smCount: Int, bf16Peak: FLOPsPerSecond, fp8Peak: FLOPsPerSecond?, memory: Bytes,
    memoryBandwidth: BytesPerSecond, nvlinkPerDirection: BytesPerSecond,
    thermalDesignPower: Watts, price: USDollarsPerGPUHour, sources: [FieldSource]
  ) {
    self.name = name
    self.smCount = smCount
    self.bf16Peak = bf16Peak
    self.fp8Peak = fp8Peak
    self.memory = memory
    self.memoryBandwidth = memoryBandwidth
    self.nvlinkPerDirection = nvlinkPerDirection
    self.thermalDesignPower = thermalDesignPower
    self.price = price
    self.sources = sources
  }
}

/// The source of one field of a catalogue entry.
package struct FieldSource: Hashable, Sendable {
  /// The source of everything that a scenario describes itself.
  package static let scenario: SourceText = "scenario"

  /// The field's key in a scenario.
  package var field: String
  /// The facts that the figure is taken from, and how.
  package var source: SourceText

  package init(_ field: String, _ source: SourceText) {
    self.field = field
    self.source = source
  }
}
