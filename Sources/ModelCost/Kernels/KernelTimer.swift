// Kernel time = roofline / measured efficiency.
//
// The roofline is max(FLOPs / peak of the available SMs, bytes / HBM bandwidth). The efficiency
// comes only from kernel-level measurements on H800, interpolated by shape. Other GPUs borrow the
// H800's efficiency; a class without measurements runs at the achieved HBM bandwidth. Not modelled:
// clock throttling beyond what the measurements contain, launch latency (contained in the
// measurements of small kernels). MemorySharing adds what an exchange takes from memory bandwidth.

import Cluster
import Facts
import Units

/// Predicts kernel times on one GPU.
package struct KernelTimer: Sendable {
  private let gpu: GPUSpec
  private let dense: ShapeTable
  private let grouped: ShapeTable
  private let attention: ShapeTable
  private let release: KernelRelease
  private let denseRelease: ShapeTable
  private let groupedRelease: ShapeTable
  private let decode: DecodeTables
  private let sparse: SparseTables
  /// Efficiency of the classes that are calibrated as a whole, in the order of `KernelClass`.
  private let classEfficiency: [KernelClass: Double]

  /// Share of peak HBM bandwidth that unmeasured kernels achieve: hw.h800.hbm_bw_achieved over
  /// hw.h800.hbm_bw_peak.
  static let achievedBandwidthShare = 3000.0 / 3350.0
  /// Source for kernels with known bytes only, and for kernels without any work.
  private static let bandwidthSource: SourceText =
    "roofline, \(.hardware.h800AchievedBandwidth)"
  private static let roofline: SourceText = "roofline"

  /// Makes a timer for a GPU with the kernels of a release.
  package init(gpu: GPUSpec, release: KernelRelease) {
    let h800 = Roofline(gpu: .h800)
    self.gpu = gpu
    self.release = release
    dense = Self.table(DenseGEMMMeasurements.april2025, on: h800)
    grouped = Self.table(GroupedGEMMMeasurements.spring2025, on: h800)
    denseRelease = Self.releaseTable(DenseGEMMMeasurements.februarySpeed)
    groupedRelease = Self.releaseTable(GroupedGEMMMeasurements.februarySpeed)
    attention = Self.attentionTable(on: h800)
    decode = DecodeTables(on: h800)
    classEfficiency = Self.calibratedClasses(on: h800)
    let reference = ShapeTable.coordinates(AttentionMeasurements.backwardLength)
    sparse = SparseTables(
      on: h800,
      backwardOverForward: (classEfficiency[.attentionBackward] ?? 1)
        / attention.value(at: reference))
  }

  /// The rate that memory achieves, in bytes per second.
  package var achievedBandwidth: Double {
    gpu.memoryBandwidth.value * Self.achievedBandwidthShare
  }

  /// The predicted time of a kernel on `sms` streaming multiprocessors.
  ///
  /// - Precondition: 0 < sms <= the GPU's count, and the GPU can run the kernel's precision.
  package func time(_ kernel: Kernel, sms: Int) -> KernelTime {
    precondition(sms > 0 && sms <= gpu.smCount, "a kernel runs on 1 to \(gpu.smCount) SMs")
    // No measured shape is close to an empty one.
    guard !kernel.isEmpty else {
      return KernelTime(seconds: 0, boundBy: .memory, efficiency: 1, source: Self.roofline)
    }
    let roofline = Roofline(gpu: gpu)
    let (efficiency, source) =
      decode.efficiency(of: kernel, roofline: roofline, sms: sms)
      ?? sparse.efficiency(of: kernel, roofline: roofline, sms: sms) ?? efficiency(of: kernel)
    return KernelTime(
      seconds: roofline.seconds(kernel, sms: sms) / efficiency,
      boundBy: roofline.isComputeBound(kernel, sms: sms) ? .compute : .memory,
      efficiency: efficiency, source: borrowed(source))
  }

  /// The total time of kernels that run one after another.
  package func seconds(_ kernels: [Kernel], sms: Int) -> Double {
    kernels.reduce(0) { $0 + time($1, sms: sms).seconds }
  }

  private func borrowed(_ source: SourceText) -> SourceText {
    if Self.isMeasured(gpu) { return source }
    return source + ", borrowed from H800 by roofline"
  }

  /// Whether kernels were measured on a GPU.
  private static func isMeasured(_ gpu: GPUSpec) -> Bool { gpu.name == GPUSpec.h800Name }

  /// What is assumed about the kernels of a GPU, as a sentence; nil if they were measured on it.
  package static func assumption(on gpu: GPUSpec) -> String? {
    guard !isMeasured(gpu) else { return nil }
    return
      "outside the measured GPUs: kernels of \(gpu.name) are as efficient as those of the H800,"
      + " by roofline"
  }

  private func efficiency(of kernel: Kernel) -> (Double, source: SourceText) {
    let shape = kernel.shape
    switch kernel.kernelClass {
    case .gemm:
      let measured =
        dense.value(at: ShapeTable.coordinates(shape.m, shape.n, shape.k))
        * releaseRatio(denseRelease, shape)
      return (
        measured,
        gemmSource(
          DenseGEMMMeasurements.source, DenseGEMMMeasurements.februarySource, kernel)
      )
    case .groupedGEMM:
      let measured =
        grouped.value(at: ShapeTable.coordinates(shape.groups, shape.m, shape.n, shape.k))
        * releaseRatio(groupedRelease, shape)
      return (
        measured,
        gemmSource(
          GroupedGEMMMeasurements.source, GroupedGEMMMeasurements.februarySource, kernel)
      )
    case .weightGEMM where kernel.precision != .fp8:
      let measured = dense.value(at: ShapeTable.coordinates(shape.m, shape.n, shape.k))
      return (measured, Self.borrowedFromFP8(DenseGEMMMeasurements.source, kernel))
    case .attentionForward:
      // Like a whole prompt whose queries have the same mean number of keys.
      let length = shape.m + 2 * shape.cached
      return (attention.value(at: ShapeTable.coordinates(length)), attentionSource(kernel))
    case .attentionBackward:
      let reference = ShapeTable.coordinates(AttentionMeasurements.backwardLength)
      let lengthRatio =
        attention.value(at: ShapeTable.coordinates(shape.m)) / attention.value(at: reference)
      let atReference = classEfficiency[.attentionBackward] ?? 1
      return (atReference * lengthRatio, AttentionMeasurements.backwardSource)
    default:
      guard let calibrated = classEfficiency[kernel.kernelClass] else {
        return (Self.achievedBandwidthShare, Self.bandwidthSource)
      }
      return (calibrated, Self.classSource(kernel.kernelClass))
    }
  }

  private func releaseRatio(_ table: ShapeTable, _ shape: KernelShape) -> Double {
    release == .february2025 ? table.value(at: ShapeTable.coordinates(shape.n, shape.k)) : 1
  }

  private func gemmSource(
    _ source: SourceText, _ february: SourceText, _ kernel: Kernel
  ) -> SourceText {
    Self.borrowedFromFP8(release == .february2025 ? february : source, kernel)
  }

  /// The source for FP8 products, as cited by a kernel in any format.
  static func borrowedFromFP8(_ source: SourceText, _ kernel: Kernel) -> SourceText {
    kernel.precision == .fp8 ? source : source + ", FP8 efficiency borrowed"
  }

  private func attentionSource(_ kernel: Kernel) -> SourceText {
    let shape = kernel.shape
    var source = AttentionMeasurements.forwardSource
    if shape.cached > 0 { source = source + SourceText(words: " at \(shape.m + 2 * shape.cached)") }
    return shape.k == AttentionMeasurements.queryHead
      ? source : source + ", borrowed from 192/128 heads"
  }

  private static func classSource(_ kernelClass: KernelClass) -> SourceText {
    switch kernelClass {
    case .weightGEMM: TraceMeasurements.weightGradientSource
    case .attentionSurround: AttentionMeasurements.surroundSource
    default: TraceMeasurements.source
    }
  }
}

extension KernelTimer {
  /// Efficiencies relative to the roofline of the measured GPU.
  static func table(_ rows: [MeasuredGEMM], on roofline: Roofline) -> ShapeTable {
    ShapeTable(
      points: rows.map { row in
        let kernel = Kernel.gemm(
          "", groups: row.groups, m: row.m, n: row.n, k: row.k, precision: .fp8)
        let ideal = roofline.seconds(kernel, sms: GPUSpec.h800SMs)
        // Dense rows have one group: three coordinates; grouped rows have four.
        let coordinates =
          row.groups == 1
          ? ShapeTable.coordinates(row.m, row.n, row.k)
          : ShapeTable.coordinates(row.groups, row.m, row.n, row.k)
        return ShapeTable.Point(
          coordinates: coordinates, value: ideal / (row.microseconds * 1e-6))
      })
  }

  private static func releaseTable(_ rows: [(n: Int, k: Int, ratio: Double)]) -> ShapeTable {
    ShapeTable(
      points: rows.map {
        ShapeTable.Point(coordinates: ShapeTable.coordinates($0.n, $0.k), value: $0.ratio)
      })
  }

  private static func attentionTable(on roofline: Roofline) -> ShapeTable {
    ShapeTable(
      points: AttentionMeasurements.forward.map { row in
        let kernel = Kernel.attentionForward(
          sequences: 1, length: row.length, heads: AttentionMeasurements.heads,
          queryHead: AttentionMeasurements.queryHead, valueHead: AttentionMeasurements.valueHead)
        let ideal = roofline.seconds(kernel, sms: AttentionMeasurements.forwardSMs)
        return ShapeTable.Point(
          coordinates: ShapeTable.coordinates(row.length), value: ideal / (row.microseconds * 1e-6))
      })
  }

  /// Efficiency of whole classes: work of the reference layer over the measured time.
  private static func calibratedClasses(on roofline: Roofline) -> [KernelClass: Double] {
    let kernels = LayerKernels.traceReference
    var result: [KernelClass: Double] = [:]
    for (kernelClass, microseconds) in TraceMeasurements.classMicroseconds {
      result[kernelClass] =
        kernels.filter { $0.kernelClass == kernelClass }.reduce(0) {
          $0 + roofline.seconds($1, sms: TraceMeasurements.computeSMs)
        } / (microseconds * 1e-6)
    }
    result[.attentionSurround] =
      kernels.filter { $0.kernelClass == .attentionSurround }.reduce(0) {
        $0 + roofline.seconds($1, sms: AttentionMeasurements.backwardSMs)
      } / (AttentionMeasurements.preAndPostMicroseconds * 1e-6)
    let h800 = GPUSpec.h800Peaks
    let smShare = Double(TraceMeasurements.computeSMs) / Double(GPUSpec.h800SMs)
    result[.weightGEMM] = TraceMeasurements.weightGradientTFLOPS * 1e12 / (h800.fp8 * smShare)
    result[.attentionBackward] =
      AttentionMeasurements.backwardTFLOPS * 1e12 / (h800.bf16 * smShare)
    return result
  }
}
