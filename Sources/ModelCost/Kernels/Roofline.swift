// The minimum time of a kernel, its work over the available peak; and its predicted time.

import Cluster
import Facts

/// The predicted time of one kernel.
package struct KernelTime: Hashable, Sendable {
  /// The limit of the kernel according to the roofline.
  package enum Bound: String, Sendable {
    /// The peak of the tensor cores, or the bandwidth of HBM.
    case compute
    case memory
  }

  /// Predicted duration in seconds.
  package var seconds: Double
  /// The limiting side of the roofline.
  package var boundBy: Bound
  /// Share of the roofline that the kernel achieves.
  package var efficiency: Double
  /// The measurements from which the efficiency is derived, or `roofline` if there are none.
  package var source: SourceText
}

/// The roofline of one GPU.
struct Roofline: Sendable {
  let gpu: GPUSpec

  /// The minimum time in seconds on `sms` streaming multiprocessors; few of them saturate
  /// bandwidth.
  func seconds(_ kernel: Kernel, sms: Int) -> Double {
    max(computeSeconds(kernel, sms: sms), memorySeconds(kernel))
  }

  /// Whether arithmetic takes at least as long as memory traffic on `sms` multiprocessors.
  func isComputeBound(_ kernel: Kernel, sms: Int) -> Bool {
    computeSeconds(kernel, sms: sms) >= memorySeconds(kernel)
  }

  private func computeSeconds(_ kernel: Kernel, sms: Int) -> Double {
    let peak = kernel.precision == .fp8 ? (gpu.fp8Peak ?? gpu.bf16Peak) : gpu.bf16Peak
    return kernel.flops / (peak.value * Double(sms) / Double(gpu.smCount))
  }

  private func memorySeconds(_ kernel: Kernel) -> Double {
    kernel.bytes / gpu.memoryBandwidth.value
  }
}

extension GPUSpec {
  /// The GPU on which the kernels were measured.
  static var h800: GPUSpec { named(h800Name) }
  /// Its name in the catalogue.
  static let h800Name = "h800-sxm"
  /// Streaming multiprocessors of that GPU.
  static var h800SMs: Int { h800.smCount }
  /// Tensor peaks of that GPU in FLOP/s.
  static var h800Peaks: (bf16: Double, fp8: Double) {
    (h800.bf16Peak.value, (h800.fp8Peak ?? h800.bf16Peak).value)
  }

  private static func named(_ name: String) -> GPUSpec {
    guard let gpu = catalogue.first(where: { $0.name == name }) else {
      preconditionFailure("the catalogue lacks \(name), on which the kernels were measured")
    }
    return gpu
  }
}
