// Kernel classes summed over one layer's forward and full backward in DeepSeek's training trace:
// one sequence of 4096 tokens, EP64, the report's formats and recomputation, 112 compute SMs.

/// The layer of the trace, and its kernels by class.
enum TraceMeasurements {
  /// Tokens of the layer, one sequence.
  static let tokens = 4096
  /// Multiprocessors left beside communication.
  static let computeSMs = 112
  /// GPUs that share the experts.
  static let expertParallel = 64
  /// GPUs that hold one of a token's experts at EP64 under the real gate, 4 nodes of 8 (Routing).
  static let gpusPerToken = 7.488

  /// Microseconds of each class: fact trace.elementwise_us.
  static let classMicroseconds: [(kernelClass: KernelClass, microseconds: Double)] = [
    (.cast, 3709), (.elementwise, 1097), (.permute, 1267), (.norm, 862), (.rope, 378),
    (.router, 160), (.routerGEMM, 134), (.swiglu, 653),
  ]

  /// FP8 weight gradient [16384, 7168] over 4096 tokens with FP32 accumulation into the gradient,
  /// mean of two kernels: fact gemm.wgrad.fp8.
  static let weightGradientTFLOPS = (640.0 + 656.0) / 2
}
