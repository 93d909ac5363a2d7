// The rates of a GPU on which laws of kernel times depend.

import Cluster
import Units

/// A GPU, or some of its multiprocessors, in microseconds.
package struct Device: Hashable, Sendable {
  /// Generations of tensor cores, between which laws are lent less well.
  enum Architecture: Hashable, Sendable {
    case ampere
    case hopper
    case blackwell
    case other
  }

  /// Name of the GPU.
  package let name: String
  /// Catalogue name of the GPU whose kernels it runs, at rates that may be others.
  package let kernelName: String
  let architecture: Architecture
  /// Dense peaks of all multiprocessors, FLOP per microsecond.
  let bf16Peak: Double
  let fp8Peak: Double
  let fp4Peak: Double
  /// Peak memory bandwidth, bytes per microsecond.
  let bandwidth: Double
  /// NVLink of one GPU in one direction, bytes per microsecond.
  let scaleUp: Double
  /// Multiprocessors of the GPU.
  let multiprocessors: Double
  /// The part of them that a kernel has.
  var share = 1.0

  /// FP4 over FP8 peak of a GPU with block scaling.
  package static let assumedFP4OverFP8 = 2.0

  /// Makes a device with all multiprocessors of a GPU.
  package init(_ gpu: GPUSpec) {
    name = gpu.name
    kernelName = gpu.kernelName
    architecture = Self.architecture(of: gpu.kernelName)
    bf16Peak = gpu.bf16Peak.value / 1e6
    fp8Peak = (gpu.fp8Peak ?? gpu.bf16Peak).value / 1e6
    fp4Peak = fp8Peak * (gpu.hasBlockScaling ? Self.assumedFP4OverFP8 : 1)
    bandwidth = gpu.memoryBandwidth.value / 1e6
    scaleUp = gpu.nvlinkPerDirection.value / 1e6
    multiprocessors = Double(gpu.smCount)
  }

  /// The GPU whose rows are its own: the one with the same multiprocessors and other memory.
  var measuredName: String { kernelName == "h20-141gb" ? "h20" : kernelName }

  /// Whether kernels of a class run at other rates than on the GPU of the catalogue that it is or
  /// changes. Price, power and memory size are none; a rate in another unit may round differently.
  package func isChanged(for kernelClass: MeasuredClass) -> Bool {
    guard let base = Self.named(kernelName) else { return false }
    return zip(rates(of: kernelClass), base.rates(of: kernelClass)).contains {
      abs($0 - $1) > 1e-9 * $1
    }
  }

  private func rates(of kernelClass: MeasuredClass) -> [Double] {
    switch kernelClass {
    case .collective, .lowLatency: [scaleUp]
    case .gemm, .grouped, .expertBlock, .attentionForward, .attentionBackward, .decode, .norm,
      .cast:
      [bf16Peak, fp8Peak, fp4Peak, bandwidth, multiprocessors]
    }
  }

  /// Whether another GPU has tensor cores of the same generation.
  package func isSameArchitecture(as other: Device) -> Bool {
    architecture == other.architecture && architecture != .other
  }

  /// Names of the catalogue.
  package static var names: [String] { GPUSpec.catalogue.map(\.name) }

  /// The GPU of the catalogue with a name; nil if there is none.
  package static func named(_ name: some StringProtocol) -> Device? {
    GPUSpec.catalogue.first { $0.name == name }.map(Device.init)
  }

  /// The peak of the multiprocessors that a kernel has.
  func peak(_ format: NumberFormat) -> Double {
    switch format {
    case .bf16: bf16Peak * share
    case .fp8: fp8Peak * share
    case .fp4: fp4Peak * share
    }
  }

  private static func architecture(of name: String) -> Architecture {
    switch name {
    case "a100-sxm": .ampere
    case "h800-sxm", "h100-sxm", "h200-sxm", "h20", "h20-141gb": .hopper
    case "b200-sxm", "b300-sxm", "gb200", "gb300": .blackwell
    default: .other
    }
  }
}
