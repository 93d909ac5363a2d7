// Implementations of kernels: what a series of rows was measured with.

/// A number format, as far as tensor cores have a peak of their own for it.
package enum NumberFormat: Int, Hashable, Sendable {
  case fp4 = 4
  case fp8 = 8
  case bf16 = 16
}

/// A precision and an implementation.
package struct KernelKind: Hashable, Sendable {
  /// Its name in files and lists: `fp8_block`.
  package let name: String
  /// The format in which products are computed.
  package let format: NumberFormat
  /// Bytes of a number of the weights, scales included.
  let operandBytes: Double
  /// Bytes a number that conversions of the input read and write inside the measured time: the
  /// maximum of a tensor and its cast, or a cast in one pass.
  let castBytes: Double
  /// Whether the time of experts follows the rows of all GPUs that share them.
  let computesAllRows: Bool
  /// Whether it is a backward pass, the maximum of a tensor, a sum over GPUs, or a dispatch.
  let isBackward: Bool
  let isMaximum: Bool
  let isAllReduce: Bool
  let isDispatch: Bool

  /// Makes a kind by its name.
  package init(_ name: String) {
    self.name = name
    let words = Set(name.split(separator: "_"))
    format =
      switch name {
      case "nvfp4": .fp4
      case "masked", "contiguous", "w4a8": .fp8
      default: words.isDisjoint(with: ["fp8", "mxfp8"]) ? .bf16 : .fp8
      }
    operandBytes =
      switch name {
      case "nvfp4": 0.5 + 1.0 / 16
      case "w4a8", "w4a16": 0.5 + 1.0 / 32
      default: format == .fp8 ? 1 + 4.0 / 128 : 2
      }
    castBytes =
      switch name {
      case "fp8_tensor": 5
      case "fp8_token", "fp8_block", "nvfp4": 3
      default: 0
      }
    computesAllRows = words.contains("triton")
    isBackward = words.contains("backward")
    isMaximum = name == "maximum"
    isAllReduce = name.hasPrefix("all_reduce")
    isDispatch = name == "dispatch"
  }

  package static func == (first: KernelKind, second: KernelKind) -> Bool {
    first.name == second.name
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// Kinds whose rows never lend to each other: other operations, or other layouts.
  func mayLend(to other: KernelKind) -> Bool { operation == other.operation }

  /// What a kind computes, where that differs inside a class.
  private var operation: String {
    switch name {
    case "masked", "contiguous", "maximum", "cast", "dispatch", "combine": name
    case "mla": "mla"
    case _ where name.hasSuffix("_forward"): "forward"
    case _ where isBackward: "backward"
    case _ where name.hasPrefix("all_") || name.hasPrefix("reduce_") || name.hasPrefix("alltoall"):
      String(name.prefix { !$0.isNumber })
    default: ""
    }
  }
}
