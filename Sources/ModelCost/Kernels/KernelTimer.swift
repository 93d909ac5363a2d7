// Kernel times: of measured classes by their laws and rows (room KernelTimes), of all others as
// roofline over a measured efficiency.
//
// The roofline is max(FLOPs / peak of the available SMs, bytes / HBM bandwidth). Kernels that only
// move data have the efficiencies of DeepSeek's training trace, which contain clocks, launches and
// the exchange beside them; those without any measurement reach the achieved HBM bandwidth.
// MemorySharing adds what an exchange takes from memory bandwidth.

import Cluster
import Facts
import KernelTimes
import Numerics
import Units

/// Predicts kernel times on one GPU.
package struct KernelTimer: Sendable {
  let gpu: GPUSpec
  let recipe: PrecisionRecipe
  let models: KernelModels
  /// Spreads, which are the same in all draws, for timers of the same GPU and kernels to share; nil
  /// to compute each.
  package var knownSpreads: KernelMemory<KernelSpread>?
  /// Times in seconds that are known; nil to compute each.
  package var knownTimes: KernelMemory<Double>?
  private let draw: PredictionDraw?
  private let release: KernelRelease
  private let denseRelease: ShapeTable
  private let groupedRelease: ShapeTable
  private let sparse: SparseTables
  /// Efficiency of the classes that are calibrated as a whole.
  private let classEfficiency: [KernelClass: Double]

  /// Share of peak HBM bandwidth that unmeasured kernels achieve: hw.h800.hbm_bw_achieved over
  /// hw.h800.hbm_bw_peak.
  static let achievedBandwidthShare = 3000.0 / 3350.0
  /// Source for kernels with known bytes only, and for kernels without any work.
  private static let bandwidthSource: SourceText =
    "roofline, \(.hardware.h800AchievedBandwidth)"
  private static let roofline: SourceText = "roofline"

  /// Makes a timer for a GPU.
  ///
  /// - Parameters:
  ///   - gpu: the GPU that kernels run on.
  ///   - recipe: of products in narrow formats.
  ///   - release: of the kernels of that recipe, if it is DeepSeek's.
  ///   - draw: of the errors of times; nil for none.
  ///   - library: the measured rows.
  package init(
    gpu: GPUSpec, recipe: PrecisionRecipe, release: KernelRelease, draw: PredictionDraw? = nil,
    library: KernelLibrary = .compiled
  ) {
    let h800 = Roofline(gpu: .h800)
    self.gpu = gpu
    self.recipe = recipe
    self.release = release
    self.draw = draw
    models = KernelModels(
      gpu: gpu, recipe: recipe, library: library,
      clock: draw.map { normalQuantile($0.uniform("clock")) } ?? 0)
    denseRelease = Self.releaseTable(ReleaseMeasurements.dense)
    groupedRelease = Self.releaseTable(ReleaseMeasurements.grouped)
    classEfficiency = Self.calibratedClasses(on: h800)
    sparse = SparseTables(on: h800, backwardOverForward: Self.backwardOverForward)
  }

  /// The rate that memory achieves, in bytes per second.
  package var achievedBandwidth: Double {
    gpu.memoryBandwidth.value * Self.achievedBandwidthShare
  }

  /// A number of the draw, evenly in the logarithm over a range; nil without a draw.
  func drawn(_ name: String, _ range: ClosedRange<Double>) -> Double? {
    draw?.uniform(name, in: range)
  }

  /// The predicted time of a kernel on `sms` streaming multiprocessors.
  ///
  /// - Precondition: 0 < sms <= the GPU's count, and the GPU can run the kernel's precision.
  package func time(_ kernel: Kernel, sms: Int) -> KernelTime {
    let roofline = Roofline(gpu: gpu)
    let seconds = seconds(kernel, sms: sms)
    return KernelTime(
      seconds: seconds, boundBy: roofline.isComputeBound(kernel, sms: sms) ? .compute : .memory,
      efficiency: seconds > 0 ? roofline.seconds(kernel, sms: sms) / seconds : 1,
      source: source(kernel, sms: sms))
  }

  /// The same in seconds.
  package func seconds(_ kernel: Kernel, sms: Int) -> Double {
    knownTimes?.value(of: kernel, sms: sms) { computedSeconds(kernel, sms: sms) }
      ?? computedSeconds(kernel, sms: sms)
  }

  private func computedSeconds(_ kernel: Kernel, sms: Int) -> Double {
    let seconds = bestEstimate(kernel, sms: sms)
    guard let draw, seconds > 0 else { return seconds }
    return seconds * exponential(spread(kernel, sms: sms).error(draw))
  }

  /// Whether the kernel's class was calibrated on a measured layer.
  func isCalibrated(_ kernel: Kernel) -> Bool {
    classEfficiency[kernel.kernelClass] != nil
      || sparse.efficiency(of: kernel, roofline: Roofline(gpu: gpu), sms: gpu.smCount) != nil
  }

  private func bestEstimate(_ kernel: Kernel, sms: Int) -> Double {
    precondition(sms > 0 && sms <= gpu.smCount, "a kernel runs on 1 to \(gpu.smCount) SMs")
    // No measured shape is close to an empty one.
    guard !kernel.isEmpty, !models.isContained(kernel) else { return 0 }
    guard let work = models.work(kernel, recipe: recipe) else {
      return Roofline(gpu: gpu).seconds(kernel, sms: sms) / efficiency(kernel, sms: sms).value
    }
    let share = Double(sms) / Double(gpu.smCount)
    let seconds = work.microseconds(share: share) * 1e-6 * kernel.share / releaseRatio(kernel)
    guard kernel.kernelClass == .attentionDecode, kernel.precision == .fp8 else { return seconds }
    // The kernel first widens the cache to BF16.
    return max(
      seconds,
      kernel.flops / (FP8CacheMeasurements.share * gpu.bf16Peak.value * share))
  }

  /// The total time of kernels that run one after another.
  package func seconds(_ kernels: [Kernel], sms: Int) -> Double {
    kernels.reduce(0) { $0 + seconds($1, sms: sms) }
  }

  /// Whether any kernel was measured on a GPU.
  private static func isMeasured(_ gpu: GPUSpec) -> Bool {
    let device = Device(gpu)
    return Series.all.contains { $0.isMeasured(on: device) }
  }

  /// What is assumed about the kernels of a GPU, as a sentence; nil if any were measured on it, at
  /// its rates.
  package static func assumption(on gpu: GPUSpec) -> String? {
    guard !isMeasured(gpu) else {
      guard Device(gpu).isChanged(for: .gemm) else { return nil }
      return "kernels of \(gpu.name) follow the rows of \(gpu.kernelName) at its own rates"
    }
    return
      "outside the measured GPUs: kernels of \(gpu.name) follow the laws of other GPUs' kernels"
      + " at its own peaks"
  }

  /// Efficiency and source of a kernel that has no law.
  private func efficiency(
    _ kernel: Kernel, sms: Int
  ) -> (value: Double, source: SourceText) {
    let roofline = Roofline(gpu: gpu)
    if let known = sparse.efficiency(of: kernel, roofline: roofline, sms: sms) {
      return (known.0, borrowed(known.source))
    }
    guard let calibrated = classEfficiency[kernel.kernelClass] else {
      return (Self.achievedBandwidthShare, borrowed(Self.bandwidthSource))
    }
    return (calibrated, borrowed(Self.classSource(kernel.kernelClass)))
  }

  /// Whether the GPU computes as the one that whole classes were measured on.
  var isH800: Bool {
    gpu.kernelName == GPUSpec.h800Name && !Device(gpu).isChanged(for: .gemm)
  }

  private func borrowed(_ source: SourceText) -> SourceText {
    isH800 ? source : source + ", borrowed from H800 by roofline"
  }

  private func source(_ kernel: Kernel, sms: Int) -> SourceText {
    guard !kernel.isEmpty else { return Self.roofline }
    guard !models.isContained(kernel) else { return models.containedSource }
    guard let work = models.work(kernel, recipe: recipe) else {
      return efficiency(kernel, sms: sms).source
    }
    var source = work.source
    if kernel.kernelClass == .attentionDecode, kernel.precision == .fp8 {
      source = source + ", \(.kernels.sparseAttention) (FP8 cache)"
    }
    guard releaseRatio(kernel) != 1 else { return source }
    return source
      + (kernel.kernelClass == .gemm
        ? " x \(.kernels.dense4096February) / \(.kernels.dense4096April)"
        : " x \(.kernels.groupedFebruary) / \(.kernels.groupedMarch)")
  }

  /// Speed of DeepSeek's kernels in the release over that of the measured one.
  private func releaseRatio(_ kernel: Kernel) -> Double {
    guard release == .february2025, recipe == .deepseek, kernel.precision == .fp8 else { return 1 }
    let place = ShapeTable.coordinates(kernel.shape.n, kernel.shape.k)
    return switch kernel.kernelClass {
    case .gemm: denseRelease.value(at: place)
    case .groupedGEMM: groupedRelease.value(at: place)
    default: 1
    }
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
  private static func releaseTable(_ rows: [(n: Int, k: Int, ratio: Double)]) -> ShapeTable {
    ShapeTable(
      points: rows.map {
        ShapeTable.Point(coordinates: ShapeTable.coordinates($0.n, $0.k), value: $0.ratio)
      })
  }

  /// Efficiency of dense attention's gradient over that of its forward, at the gradient's length.
  private static var backwardOverForward: Double {
    let share = Double(AttentionMeasurements.backwardSMs) / Double(GPUSpec.h800SMs)
    return AttentionMeasurements.backwardTFLOPS / share / AttentionMeasurements.forwardTFLOPS
  }

  /// Efficiency of whole classes: work of the reference layer over the measured time.
  private static func calibratedClasses(on roofline: Roofline) -> [KernelClass: Double] {
    let kernels = LayerKernels.traceReference
    var result: [KernelClass: Double] = [:]
    func ideal(_ classes: [KernelClass], sms: Int) -> Double {
      kernels.filter { classes.contains($0.kernelClass) }
        .reduce(0) { $0 + roofline.seconds($1, sms: sms) }
    }
    for (classes, microseconds) in TraceMeasurements.classMicroseconds {
      let efficiency =
        ideal(classes, sms: TraceMeasurements.computeSMs) / (microseconds * 1e-6)
      for kernelClass in classes { result[kernelClass] = efficiency }
    }
    result[.attentionSurround] =
      ideal([.attentionSurround], sms: AttentionMeasurements.backwardSMs)
      / (AttentionMeasurements.preAndPostMicroseconds * 1e-6)
    let smShare = Double(TraceMeasurements.computeSMs) / Double(GPUSpec.h800SMs)
    result[.weightGEMM] =
      TraceMeasurements.weightGradientTFLOPS * 1e12 / (GPUSpec.h800Peaks.fp8 * smShare)
    return result
  }
}
