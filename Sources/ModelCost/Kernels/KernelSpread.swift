// How far a kernel's time may be off, and its factor in a draw.
//
// An error belongs to a kernel of a shape, whatever its rows, or to all kernels of a series: it is
// the same in every layer, microbatch and GPU, and never averages over them.

import Cluster
import KernelTimes
import Numerics

/// The spread of a kernel's ln time.
package struct KernelSpread: Sendable {
  /// Kernels with the same name have the same error.
  package var shapeName: String
  /// Kernels whose series have the same name have a part of their error in common.
  package var seriesName: String
  /// Standard deviation of the error of the shape.
  package var shapeDeviation: Double
  /// Standard deviation of the error of the series.
  package var seriesDeviation: Double
  /// The tail of both.
  package var tail: ErrorTail
  /// What the time rests on.
  package var support: Support
  /// Standard deviation of what all kernels of the series have in common because the rows are of
  /// another release: of libraries, compilers and drivers.
  package var releaseDeviation = 0.0

  /// Kernels of other releases than the rows' differ from them by this in ln time: DeepGEMM's first
  /// two releases by 7 to 31 % (facts gemm.dense.4096.feb and gemm.dense.4096.apr).
  package static let assumedReleaseSpread = 0.1

  /// What a kernel's time rests on, from the best.
  package enum Support: String, CaseIterable, Sendable {
    case measured = "own rows"
    case newShape = "own rows of other shapes"
    case otherGPU = "rows of other GPUs"
    case otherKind = "rows of other kernels"
    case calibrated = "a class of one measured layer"
    case unmeasured = "no measurement"
  }

  /// ln of the time's factor in a draw.
  package func error(_ draw: PredictionDraw) -> Double {
    func part(_ name: String, _ deviation: Double) -> Double {
      deviation == 0 ? 0 : deviation * tail.draw(draw.uniform(name))
    }
    let release =
      releaseDeviation == 0
      ? 0 : releaseDeviation * normalQuantile(draw.uniform("release of \(seriesName)"))
    return part(shapeName, shapeDeviation) + part(seriesName, seriesDeviation) + release
  }

  /// Deviation of ln time of exchange kernels, whose rows are of Hopper GPUs.
  package static func exchangeDeviation(on gpu: GPUSpec) -> Double {
    Device(gpu).isSameArchitecture(as: Device(.h800))
      ? PredictionDraw.assumedExchangeSpread : KernelTimer.otherArchitectureDeviation
  }
}

extension KernelTimer {
  /// Part of the variance of a new shape's error that its series has in common.
  private static let sharedByNewShapes = 0.3
  /// Deviation of classes calibrated on one layer: like a row of an own series, like another GPU of
  /// the architecture, and like another architecture. Without any measurement: as the last.
  private static let calibrated = (own: 0.07, architecture: 0.15, other: 0.26)
  /// Of kernels whose rows are of another architecture.
  static let otherArchitectureDeviation = calibrated.other

  /// The spread of a kernel's time.
  ///
  /// - Precondition: as `time`.
  package func spread(_ kernel: Kernel, sms: Int) -> KernelSpread {
    knownSpreads?.value(of: kernel, sms: sms) { computedSpread(kernel, sms: sms) }
      ?? computedSpread(kernel, sms: sms)
  }

  private func computedSpread(_ kernel: Kernel, sms: Int) -> KernelSpread {
    guard let work = models.work(kernel, recipe: recipe) else { return calibratedSpread(kernel) }
    let time = work.spread(share: Double(sms) / Double(gpu.smCount))
    let series = "\(work.model.kernelClass.rawValue) \(work.model.kind.name)"
    let shape = work.model.kernelClass.shapeText(work.extents)
    var spread = KernelSpread(
      shapeName: "\(series) \(shape)", seriesName: series, shapeDeviation: time.deviation,
      seriesDeviation: 0, tail: time.tail, support: .measured,
      releaseDeviation: work.model.ownSources.isEmpty ? KernelSpread.assumedReleaseSpread : 0)
    switch time.support {
    case .measured: break
    case .newShape:
      spread.support = .newShape
      spread.divide(shared: Self.sharedByNewShapes)
    case .borrowed(let rung):
      spread.support = rung <= 2 ? .otherGPU : .otherKind
      let within = work.model.withinSeries
      let shared = 1 - within * within / (time.deviation * time.deviation)
      spread.divide(shared: shared)
    }
    return spread
  }

  private func calibratedSpread(_ kernel: Kernel) -> KernelSpread {
    let name = kernel.kernelClass.rawValue
    let isCalibrated = isCalibrated(kernel)
    let deviation =
      !isCalibrated
      ? Self.calibrated.other
      : isH800
        ? Self.calibrated.own
        : Device(gpu).isSameArchitecture(as: Device(.h800))
          ? Self.calibrated.architecture : Self.calibrated.other
    return KernelSpread(
      shapeName: name, seriesName: name, shapeDeviation: deviation, seriesDeviation: 0,
      tail: .borrowed, support: isCalibrated ? .calibrated : .unmeasured,
      releaseDeviation: isCalibrated ? KernelSpread.assumedReleaseSpread : 0)
  }
}

extension KernelSpread {
  /// Gives a part of the variance to the series.
  fileprivate mutating func divide(shared: Double) {
    let all = shapeDeviation
    seriesDeviation = all * max(0, shared).squareRoot()
    shapeDeviation = all * max(0, 1 - shared).squareRoot()
  }
}

extension PredictionDraw {
  /// A number with a name, evenly in the logarithm over a range.
  func uniform(_ name: String, in range: ClosedRange<Double>) -> Double {
    range.lowerBound * power(range.upperBound / range.lowerBound, uniform(name))
  }
}
