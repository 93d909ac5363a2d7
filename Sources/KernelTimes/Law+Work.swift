// What a kernel has to do at least, whatever its implementation: a time below it is a wrong row.

/// The least arithmetic and traffic of a kernel.
package struct KernelWork: Hashable, Sendable {
  /// Floating-point operations.
  package var flops: Double
  /// Bytes to and from memory.
  package var memoryBytes: Double
  /// Bytes over NVLink in one direction.
  package var linkBytes: Double

  /// Less traffic may stay in the L2 cache, which has 50 MB on an H100, and be faster than memory.
  package static let leastUncachedBytes = 50e6
  /// Room above the peak of memory and links.
  static let tolerance = 1.02

  /// The work of a kernel of extents as the columns of its class.
  package init(_ kernelClass: MeasuredClass, _ kind: KernelKind, _ extents: [Double]) {
    let x = extents
    (flops, memoryBytes, linkBytes) = (0, 0, 0)
    func product(_ groups: Double, active: Double, _ m: Double, _ n: Double, _ k: Double) {
      flops = 2 * groups * m * n * k
      memoryBytes =
        (groups * m * k + active * n * k) * kind.operandBytes + 2 * groups * m * n
    }
    switch kernelClass {
    case .gemm: product(1, active: 1, x[0], x[1], x[2])
    case .grouped:
      // With a token or two a group in the mean, many have none.
      product(x[0], active: x[0] * min(1, (x[1] + 1) / 4), x[1], x[2], x[3])
    case .expertBlock:
      let (rows, experts, hidden, width) = (x[0], x[1], x[2], x[3])
      flops = 6 * rows * hidden * width
      // With uneven loads, few rows may all be of few experts.
      let active = min(1, rows / experts / 4) * experts / 2
      memoryBytes = 3 * active * hidden * width * kind.operandBytes
    case .attentionForward, .attentionBackward:
      let isForward = kernelClass == .attentionForward
      let shape = AttentionShape(x)
      flops =
        2 * shape.sequences * shape.heads * shape.pairs * shape.headSizes * (isForward ? 1 : 2.5)
      memoryBytes =
        shape.sequences * (shape.length * shape.heads + shape.keys * shape.keyHeads)
        * shape.headSizes * Double(kind.format.rawValue) / 8
    case .decode:
      flops = 2 * x[0] * x[1] * x[3]
      memoryBytes = x[0] * x[1] * x[2]
    case .norm: memoryBytes = x[0] * x[1] * (kind.isBackward ? 6 : 4)
    case .cast: memoryBytes = x[0] * x[1] * (kind.isMaximum ? 2 : 3)
    // Switches that reduce halve an all-reduce: every GPU still sends what it has. Exchanges of
    // tokens count bytes that several experts of a GPU share.
    case .collective where !kind.name.hasPrefix("deepep"): linkBytes = x[0] * (x[1] - 1) / x[1]
    case .collective: break
    case .lowLatency: break
    }
  }

  /// The least time on all multiprocessors of a GPU, in microseconds, by what bounds it.
  package func least(
    on device: Device, _ kind: KernelKind
  ) -> (arithmetic: Double, memory: Double, link: Double) {
    (
      flops / device.peak(kind.format), memoryBytes / (device.bandwidth * Self.tolerance),
      device.scaleUp > 0 ? linkBytes / (device.scaleUp * Self.tolerance) : 0
    )
  }
}
