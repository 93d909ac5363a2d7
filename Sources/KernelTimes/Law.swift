// The analytic law of each class: the time of a kernel of given extents, with two to five
// parameters that are fitted to rows.
//
// A kernel takes a start-up time t0 and then the longer of arithmetic at a share e_c of the peak
// and memory traffic at a share e_m of the bandwidth, joined smoothly. Short inner extents lose a
// constant k0, few rows are padded to 64. There are no whole waves of tiles: libraries divide k and
// choose tiles so that the time shows none.

import Numerics

/// How a kernel differs from the row of its extents.
struct KernelUse: Sendable {
  /// Arithmetic takes this many times as long, because clocks are lower.
  var slowdown = 1.0
  /// Bytes of memory traffic more than the law counts, or fewer.
  var extraBytes = 0.0
  /// Leaves out the conversions that the rows contain.
  var withoutCast = false
}

/// The law of a class on a device.
struct Law: Sendable {
  let kernelClass: MeasuredClass
  let kind: KernelKind
  let device: Device

  /// Microseconds of a kernel.
  ///
  /// - Parameters:
  ///   - extents: as the columns of the class's rows.
  ///   - theta: the parameters in the order of `ClassConstants.parameters`.
  ///   - use: where it differs from the kernel of a row.
  func microseconds(
    _ extents: [Double], _ theta: [Double], _ use: KernelUse = KernelUse()
  ) -> Double {
    let x = extents
    let slowdown = use.slowdown
    switch kernelClass {
    case .gemm:
      let groups = x.count > 3 ? x[3] : 1
      return product(
        groups: groups, x[0], x[1], x[2], theta, use,
        castBytes: use.withoutCast ? 0 : groups * kind.castBytes)
    case .grouped:
      return product(groups: x[0], x[1], x[2], x[3], theta, use, castBytes: 0)
    case .expertBlock: return experts(x, theta, slowdown)
    case .attentionForward: return attention(x, theta, slowdown, flops: 1, traffic: 1)
    case .attentionBackward: return attention(x, theta, slowdown, flops: 2.5, traffic: 2)
    case .decode:
      let (sequences, context) = (x[0], x[1])
      let arithmetic =
        2 * sequences * context * x[3] * slowdown / (theta[1] * device.peak(.bf16))
      let memory =
        sequences * context * x[2] * (1 + theta[3] / sequences) / (theta[2] * device.bandwidth)
      return theta[0] + Self.longer(arithmetic, memory)
    case .norm: return moved(x[0] * x[1] * (kind.isBackward ? 6 : 4), theta)
    case .cast: return moved(x[0] * x[1] * (kind.isMaximum ? 2 : 3), theta)
    case .collective:
      let sent = x[0] * (x[1] - 1) / x[1] * (kind.isAllReduce ? 2 : 1)
      return theta[0] + sent / (theta[1] * device.scaleUp)
    case .lowLatency:
      // Each token goes to eight experts: in FP8 with scales and a header, and back in BF16.
      let bytes = kind.isDispatch ? x[1] * (1 + 4.0 / 128) + 16 : 2 * x[1]
      return theta[0] + 8 * x[0] * bytes / (theta[1] * device.scaleUp)
    }
  }

  /// The smooth maximum of two times.
  private static func longer(_ first: Double, _ second: Double) -> Double {
    let (a, b) = (first * first, second * second)
    return (a * a + b * b).squareRoot().squareRoot()
  }

  private static func padded(_ rows: Double) -> Double { (rows / 64).rounded(.up) * 64 }

  private func moved(_ bytes: Double, _ theta: [Double]) -> Double {
    theta[0] + bytes / (theta[1] * device.bandwidth)
  }

  private func product(
    groups: Double, _ m: Double, _ n: Double, _ k: Double, _ theta: [Double], _ use: KernelUse,
    castBytes: Double
  ) -> Double {
    let arithmetic =
      2 * Self.padded(m) * n * k * (1 + theta[3] / k) * use.slowdown
      / (theta[1] * device.peak(kind.format))
    let bytes = groups * ((m * k + n * k) * kind.operandBytes + 2 * m * n) + use.extraBytes
    return theta[0]
      + Self.longer(groups * arithmetic, max(0, bytes) / (theta[2] * device.bandwidth))
      + castBytes * m * k / (0.75 * device.bandwidth)
  }

  private func experts(_ x: [Double], _ theta: [Double], _ slowdown: Double) -> Double {
    let (rows, hidden, width) = (x[0], x[2], x[3])
    let active = min(x[1], rows)
    let each = rows / active
    let computed = kind.computesAllRows ? rows * x[4] : rows
    let arithmetic =
      6 * computed * hidden * width * (Self.padded(each) / each)
      * (1 + theta[3] * (2 / hidden + 1 / width) / 3) * slowdown
      / (theta[1] * device.peak(kind.format))
    let memory =
      (3 * active * hidden * width * kind.operandBytes + rows * (4 * hidden + 6 * width))
      / (theta[2] * device.bandwidth)
    return theta[0] + Self.longer(arithmetic, memory) + 7.2 * rows * hidden / device.bandwidth
  }

  private func attention(
    _ x: [Double], _ theta: [Double], _ slowdown: Double, flops: Double, traffic: Double
  ) -> Double {
    let shape = AttentionShape(x)
    let pairs = shape.pairs
    let heads = shape.sequences * shape.heads
    let products = 2 * heads * pairs * shape.headSizes * flops * slowdown
    // Exponentials run beside products, at a rate of the multiprocessors.
    let exponentials =
      heads * pairs * slowdown / (1e6 * device.multiprocessors * device.share)
    let bytes =
      2 * shape.sequences * (shape.length * shape.heads + shape.keys * shape.keyHeads)
      * shape.headSizes * traffic
    return theta[0]
      + (products / (theta[1] * device.peak(kind.format)) + theta[3] * exponentials)
      * (1 + theta[4] * shape.edge / pairs) + bytes / (theta[2] * device.bandwidth)
  }
}

/// Attention of sequences to themselves and to earlier tokens.
struct AttentionShape {
  /// What a token attends to.
  private enum Mask {
    case causal
    case full
    case window(Double)
  }

  let sequences: Double
  let heads: Double
  let keyHeads: Double
  /// Sizes of a query head and of a value head, together.
  let headSizes: Double
  let length: Double
  private let cached: Double
  private let mask: Mask
  /// Pairs of query and key where the mask does not say them.
  private let known: Double?

  /// Codes of the column `window` that are no width.
  static let (causal, full) = (0.0, -1.0)

  /// - Parameter extents: sequences, heads, KV heads, query head, value head, length, window, and
  ///   optionally cached tokens, and pairs of query and key of one head of one sequence.
  init(_ extents: [Double]) {
    sequences = extents[0]
    heads = extents[1]
    keyHeads = extents[2]
    headSizes = extents[3] + extents[4]
    length = extents[5]
    cached = extents.count > 7 ? extents[7] : 0
    known = extents.count > 8 ? extents[8] : nil
    switch extents[6] {
    case Self.causal: mask = .causal
    case Self.full: mask = .full
    default: mask = .window(extents[6])
    }
  }

  /// Tokens whose keys and values are read.
  var keys: Double { length + cached }

  /// Pairs of query and key of one head of one sequence.
  var pairs: Double {
    if let known { return known }
    switch mask {
    case .full: return length * keys
    case .causal: return length * (length / 2 + cached)
    case .window(let width):
      let seen = min(width, keys)
      // The first tokens of a sequence see fewer keys than the window has.
      let missing = max(0, seen - cached)
      return length * seen - missing * missing / 2
    }
  }

  /// Pairs in tiles that the mask cuts.
  var edge: Double {
    if case .window = mask { 128 * length } else { 64 * length }
  }

  /// Of the smooth correction: heads, length, head sizes, and keys that the last token sees.
  var coordinates: [Double] {
    // Like a whole sequence whose tokens see as many keys on average.
    let equivalent = length + 2 * cached
    let seen =
      switch mask {
      case .causal: equivalent
      case .full: equivalent
      case .window(let width): min(width, equivalent)
      }
    return [sequences * heads, equivalent, headSizes, seen]
  }
}

extension MeasuredClass {
  /// Coordinates of the smooth correction, as powers of two.
  func coordinates(_ extents: [Double]) -> [Double] {
    let values =
      switch self {
      case .grouped, .norm, .cast, .lowLatency: extents
      case .gemm: Array(extents.prefix(3))
      case .expertBlock: Array(extents.prefix(4))
      case .attentionForward, .attentionBackward: AttentionShape(extents).coordinates
      case .decode: Array(extents.prefix(3))
      case .collective: Array(extents.prefix(1))
      }
    return values.map(log2)
  }
}
