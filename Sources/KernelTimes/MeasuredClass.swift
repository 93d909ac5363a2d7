// Classes of kernels whose times follow one law, with what is known about each class as a whole.
//
// Medians and spreads of parameters are where a fit starts and to where it returns without rows;
// the constants of the smooth correction were chosen by the leave-one-out score of the rows.

/// Kernels that share a law of time. The raw value names the file of their rows.
package enum MeasuredClass: String, CaseIterable, Hashable, Sendable {
  /// One matrix product [m, k] x [k, n].
  case gemm
  /// Equal products of the experts of a GPU.
  case grouped
  /// Experts of a GPU in one kernel call: permutation, three products, activation, weighted sum.
  case expertBlock = "expert_block"
  case attentionForward = "attention_forward"
  case attentionBackward = "attention_backward"
  /// Attention of one or a few queries to a cache.
  case decode
  case norm
  /// Conversions to narrow formats, and the maxima they need.
  case cast
  /// Collectives of the GPUs of one node.
  case collective
  /// Dispatch and combine of DeepEP's low-latency kernels in one node.
  case lowLatency = "low_latency"
}

/// What holds for a whole class.
struct ClassConstants: Sendable {
  /// A parameter of the law: its median and the standard deviation of its logarithm, before rows.
  struct Parameter: Sendable {
    var name: String
    var median: Double
    var spread: Double

    init(_ name: String, _ median: Double, _ spread: Double) {
      self.name = name
      self.median = median
      self.spread = spread
    }
  }

  var parameters: [Parameter]
  /// Standard deviation of the smooth correction, in ln of time.
  var fieldDeviation: Double
  /// Standard deviation of what is left, in ln of time.
  var noise: Double
  /// Lengths, in powers of two of each coordinate, over which the correction changes.
  var lengths: [Double]
  /// Deviation of a class's rows around their law and offset, when both are borrowed.
  var withinSeries: Double
}

extension MeasuredClass {
  /// The class's constants.
  var constants: ClassConstants {
    typealias Parameter = ClassConstants.Parameter
    func startup(_ median: Double, _ spread: Double) -> Parameter {
      Parameter("t0", median, spread)
    }
    func compute(_ median: Double) -> Parameter { Parameter("e_c", median, 0.3) }
    switch self {
    case .gemm:
      return ClassConstants(
        parameters: [
          startup(5, 0.7), compute(0.75), Parameter("e_m", 0.8, 0.25), Parameter("k0", 200, 0.7),
        ], fieldDeviation: 0.1, noise: 0.021, lengths: [3.136, 1.953, 1.4], withinSeries: 0.07)
    case .grouped:
      return ClassConstants(
        parameters: [
          startup(8, 0.7), compute(0.7), Parameter("e_m", 0.8, 0.25), Parameter("k0", 200, 0.7),
        ], fieldDeviation: 0.1094, noise: 0.0154, lengths: [4.375, 0.5, 5.469, 7.683],
        withinSeries: 0.08)
    case .expertBlock:
      return ClassConstants(
        parameters: [
          startup(30, 0.5), compute(0.6), Parameter("e_m", 0.8, 0.2), Parameter("k0", 200, 0.5),
        ], fieldDeviation: 0.1, noise: 0.012, lengths: [4.9, 1.526, 0.5, 15.259],
        withinSeries: 0.16)
    case .attentionForward:
      return ClassConstants(
        parameters: [
          startup(12, 0.5), compute(0.75), Parameter("e_m", 0.7, 0.3), Parameter("x", 0.2, 0.5),
          Parameter("a", 1, 0.7),
        ], fieldDeviation: 0.1, noise: 0.009, lengths: [3.5, 10.756, 0.977, 7.683],
        withinSeries: 0.07)
    case .attentionBackward:
      return ClassConstants(
        parameters: [
          startup(30, 0.5), compute(0.55), Parameter("e_m", 0.7, 0.3), Parameter("x", 0.5, 0.5),
          Parameter("a", 1, 0.7),
        ], fieldDeviation: 0.07, noise: 0.008, lengths: [0.977, 16, 2, 2.8], withinSeries: 0.07)
    case .decode:
      return ClassConstants(
        parameters: [
          startup(15, 0.5), compute(0.7), Parameter("e_m", 0.85, 0.25),
          Parameter("b0", 0.3, 0.7),
        ], fieldDeviation: 0.175, noise: 0.0168, lengths: [2.734, 6.86, 1], withinSeries: 0.07)
    case .norm:
      return moving(deviation: 0.1, noise: 0.042, lengths: [7.683, 1.4], within: 0.07)
    case .cast:
      return moving(deviation: 0.1, noise: 0.021, lengths: [2, 2], within: 0.07)
    case .collective:
      return moving(deviation: 0.125, noise: 0.0262, lengths: [4.9], within: 0.12)
    case .lowLatency:
      return moving(deviation: 0.1, noise: 0.012, lengths: [10.756, 1], within: 0.05)
    }
  }

  /// Constants of a class that only moves bytes.
  private func moving(
    deviation: Double, noise: Double, lengths: [Double], within: Double
  ) -> ClassConstants {
    ClassConstants(
      parameters: [.init("t0", 8, 0.7), .init("e", 0.7, 0.4)], fieldDeviation: deviation,
      noise: noise, lengths: lengths, withinSeries: within)
  }
}
