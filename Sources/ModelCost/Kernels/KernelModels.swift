// Which measured series times the kernels of a step: by the GPU, the recipe of narrow formats, and
// the implementations that software stacks use.

import Cluster
import Facts
import KernelTimes

/// The models of the kernels of one GPU and recipe.
///
/// A class, since timers are copied with all costs of a step: as a value, it had many
/// references to count, and code for that in everything that holds a timer.
final class KernelModels: Sendable {
  /// Products in the recipe's format and in BF16, without conversions of their inputs.
  let narrow: KernelModel
  let wide: KernelModel
  /// Experts' products in FP8 tiles: in training and prefill, and in decoding.
  let contiguous: KernelModel
  let masked: KernelModel
  let attention: KernelModel
  let attentionBackward: KernelModel
  let latentDecode: KernelModel
  let groupedDecode: KernelModel
  let norm: KernelModel
  let normBackward: KernelModel
  let cast: KernelModel
  let maximum: KernelModel

  init(gpu: GPUSpec, recipe: PrecisionRecipe, library: KernelLibrary, clock: Double) {
    let device = Device(gpu)
    func best(_ kernelClass: MeasuredClass, _ kinds: String...) -> KernelModel {
      KernelModel.best(kernelClass, kinds, on: device, library: library, clock: clock)
    }
    wide = best(.gemm, "bf16")
    narrow =
      switch recipe {
      case .bf16: wide
      case .deepseek, .fp8Tile: best(.gemm, "fp8_block_net", "fp8_block")
      case .fp8Tensor, .fp8TensorDelayed: best(.gemm, "fp8_tensor")
      case .mxfp8: best(.gemm, "fp8_block", "fp8_block_net")
      case .nvfp4: best(.gemm, "nvfp4")
      }
    contiguous = best(.grouped, "contiguous")
    masked = best(.grouped, "masked")
    attention = best(.attentionForward, "fa", "cudnn")
    attentionBackward = best(.attentionBackward, "cudnn", "fa")
    latentDecode = best(.decode, "mla")
    groupedDecode = best(.decode, "gqa", "gqa_fi")
    norm = best(.norm, "cudnn_forward")
    normBackward = best(.norm, "cudnn_backward")
    cast = best(.cast, "cast")
    maximum = best(.cast, "maximum")
  }
}

extension KernelModel {
  /// The tables of its rows.
  fileprivate var source: SourceText {
    var text: SourceText = ""
    for fact in facts { text = text + (text.facts.isEmpty ? "\(fact)" : ", \(fact)") }
    guard !ownSources.isEmpty else { return text }
    let own = SourceText(words: "own rows of " + ownSources.joined(separator: ", "))
    return text.facts.isEmpty ? own : text + ", " + own
  }
}

/// A kernel as a row of a measured class.
struct MeasuredWork {
  let model: KernelModel
  let extents: [Double]
  /// Bytes besides those that the law counts for the extents.
  var extraBytes = 0.0
  /// Whether it is another operation than those of the model's rows, which may lend to it.
  var isBorrowed = false

  /// The tables that the time comes from, and how if they are of other kernels.
  var source: SourceText {
    let text = model.source
    guard !isBorrowed else { return text + ", one product's rate" }
    switch model.support(extents) {
    case .measured: return text
    case .newShape: return text + ", another shape"
    case .borrowed(let rung): return text + SourceText(words: ", borrowed: \(rung.borrowing)")
    }
  }

  /// Microseconds on a share of the multiprocessors.
  func microseconds(share: Double) -> Double {
    model.microseconds(extents, share: share, extraBytes: extraBytes, withoutCast: true)
  }

  /// How far that may be off.
  func spread(share: Double) -> PredictionSpread {
    var spread = model.spread(extents, share: share)
    if isBorrowed { spread.lendToAnotherKind(of: model.kernelClass) }
    return spread
  }
}

extension KernelModels {
  /// Whether the time of a kernel is part of another one's: cuDNN's gradient of attention is timed
  /// with the kernels before and after it.
  func isContained(_ kernel: Kernel) -> Bool {
    kernel.kernelClass == .attentionSurround && attentionBackward.kind.name.hasPrefix("cudnn")
  }

  /// The source of a contained kernel's time.
  var containedSource: SourceText {
    "contained in that of attention backward, " + attentionBackward.source
  }

  /// A kernel's row; nil for kernels whose speed is a share of the roofline.
  ///
  /// DeepSeek's recipe runs the kernels of its training trace, so its norms and casts are
  /// calibrated as the trace's classes, not by rows of other libraries.
  ///
  /// - Parameter recipe: of products in narrow formats.
  func work(_ kernel: Kernel, recipe: PrecisionRecipe) -> MeasuredWork? {
    let shape = kernel.shape
    let (groups, m) = (Double(shape.groups), Double(shape.m))
    let (n, k) = (Double(shape.n), Double(shape.k))
    switch kernel.kernelClass {
    case .gemm, .decodeGEMM, .batchedGEMM:
      return product(kernel, m, n, k)
    case .groupedGEMM:
      return isTiled(kernel, recipe)
        ? MeasuredWork(
          model: contiguous, extents: [groups, m, n, k], extraBytes: extraBytes(kernel))
        : product(kernel, m, n, k)
    case .maskedGEMM:
      return kernel.precision == .fp8
        ? MeasuredWork(model: masked, extents: [groups, m, n, k], extraBytes: extraBytes(kernel))
        : product(kernel, m, n, k)
    case .weightGEMM:
      return isTiled(kernel, recipe) ? nil : product(kernel, n, k, m)
    case .attentionForward:
      return MeasuredWork(model: attention, extents: attentionExtents(kernel, flops: 1))
    case .attentionBackward:
      return MeasuredWork(
        model: attentionBackward,
        extents: attentionExtents(kernel, flops: AttentionMeasurements.backwardFLOPsPerForward))
    case .attentionDecode, .groupedAttentionDecode:
      let isLatent = kernel.kernelClass == .attentionDecode
      let sequences = isLatent ? groups : groups / Double(shape.keyHeads)
      return MeasuredWork(
        model: isLatent ? latentDecode : groupedDecode,
        extents: [
          sequences, m, Double(shape.cacheBytes), kernel.flops / (2 * sequences * m),
        ])
    case .norm where recipe != .deepseek: return moving(kernel, norm, bytes: 4)
    case .normBackward where recipe != .deepseek: return moving(kernel, normBackward, bytes: 6)
    case .maximum: return moving(kernel, maximum, bytes: 2)
    case .cast where recipe != .deepseek: return moving(kernel, cast, bytes: 3)
    default: return nil
    }
  }

  /// Whether a product runs in FP8 tiles of DeepGEMM.
  private func isTiled(_ kernel: Kernel, _ recipe: PrecisionRecipe) -> Bool {
    kernel.precision == .fp8 && (recipe == .deepseek || recipe == .fp8Tile)
  }

  /// Equal products one after another or at once: as that of one, without its start.
  private func product(_ kernel: Kernel, _ m: Double, _ n: Double, _ k: Double) -> MeasuredWork {
    let groups = Double(kernel.shape.groups)
    return MeasuredWork(
      model: kernel.precision == .fp8 ? narrow : wide,
      extents: groups > 1 ? [m, n, k, groups] : [m, n, k], extraBytes: extraBytes(kernel),
      isBorrowed: groups > 1)
  }

  /// Bytes of a product besides its operands in their own format and a BF16 result.
  private func extraBytes(_ kernel: Kernel) -> Double {
    let shape = kernel.shape
    let (m, n, k) = (Double(shape.m), Double(shape.n), Double(shape.k))
    let operand = Kernel.operandBytes(kernel.precision)
    let own =
      kernel.kernelClass == .weightGEMM
      ? m * (n + k) * operand + n * k * 2 : (m + n) * k * operand + m * n * 2
    return kernel.bytes / kernel.share - Double(shape.groups) * own
  }

  private func attentionExtents(_ kernel: Kernel, flops: Double) -> [Double] {
    let shape = kernel.shape
    let (sequences, heads) = (Double(shape.groups), Double(shape.n))
    let sizes = Double(shape.k + shape.valueHead)
    let pairs = kernel.flops / kernel.share / (2 * sequences * heads * sizes * flops)
    return [
      sequences, heads, Double(shape.keyHeads), Double(shape.k), Double(shape.valueHead),
      Double(shape.m), Double(shape.window ?? 0), Double(shape.cached), pairs,
    ]
  }

  /// A kernel that moves bytes as one of rows and a width of so many bytes a number.
  private func moving(_ kernel: Kernel, _ model: KernelModel, bytes: Double) -> MeasuredWork {
    let rows = Double(kernel.shape.m)
    return MeasuredWork(
      model: model, extents: [rows, kernel.bytes / kernel.share / (rows * bytes)])
  }
}

extension Int {
  /// What lends at a rung of `KernelSupport`.
  fileprivate var borrowing: String {
    switch self {
    case 1: "the same kernels on GPUs of the architecture"
    case 2: "the same kernels on other architectures"
    case 3: "other kernels of the GPU"
    case 4: "other kernels of the architecture"
    case 5: "other kernels in the format"
    default: "any kernels of the class"
    }
  }
}
