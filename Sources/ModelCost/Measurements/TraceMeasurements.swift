// Kernel classes summed over one layer's forward and full backward in DeepSeek's training trace:
// one sequence of 4096 tokens, EP64, the report's formats and recomputation, 112 compute SMs.

import Facts

/// The layer of the trace, and its kernels by class.
enum TraceMeasurements {
  /// Sources of the classes and of the weight gradient.
  static let source: SourceText = "\(.kernels.traceClasses)"
  static let weightGradientSource: SourceText = "\(.kernels.weightGradient)"

  /// Tokens of the layer, one sequence.
  static let tokens = 4096
  /// Multiprocessors left during communication: fact trace.sm_split.
  static let computeSMs = 112
  /// GPUs that share the experts.
  static let expertParallel = 64
  /// GPUs that hold at least one of a token's experts at EP64 with the real gate, 4 nodes of 8
  /// (Routing).
  static let gpusPerToken = 7.488

  /// Microseconds of each class: fact trace.elementwise_us.
  static let classMicroseconds: [(classes: [KernelClass], microseconds: Double)] = [
    ([.cast, .maximum], 3709), ([.elementwise], 1097), ([.permute], 1267),
    ([.norm, .normBackward], 862), ([.rope], 378), ([.router], 160), ([.routerGEMM], 134),
    ([.swiglu], 653),
  ]

  /// FP8 weight gradient [16384, 7168] over 4096 tokens with FP32 accumulation into the gradient,
  /// mean of two kernels: fact gemm.wgrad.fp8.
  static let weightGradientTFLOPS = (640.0 + 656.0) / 2
}

extension LayerKernels {
  /// Every kernel of the trace's layer; calibrates whole classes.
  static var traceReference: [Kernel] {
    guard let model = ModelSpec.catalogue.first(where: { $0.name == "deepseek-v3" }) else {
      preconditionFailure("the catalogue lacks deepseek-v3, whose layer calibrates the classes")
    }
    let work = LayerWork(
      tokens: TraceMeasurements.tokens, sequenceLength: TraceMeasurements.tokens,
      experts: model.experts, expertParallel: TraceMeasurements.expertParallel,
      gpusPerToken: TraceMeasurements.gpusPerToken)
    return LayerKernelBuilder(
      model: model, work: work, precision: .deepseekV3, activations: .deepseekV3
    ).kernels(of: .moe).all
  }
}
