// The keys under `jitter` of a training or an inference step.

import ModelCost

/// Keys of `jitter`: standard deviations relative to times.
enum JitterKeys {
  static let jitter = Key<OrNone<Fields>>(
    "jitter", .either(word: "off", .record(record)),
    "How GPUs that do the same differ in time, so that barriers wait for the slowest; off: not at"
      + " all; absent: as assumed.")
  private static let range = Kind.number(0...0.5)
  static let gpus = Key<Double>(
    "gpus", range, fallback: Jitter.assumedGPUSpread,
    "Standard deviation between GPUs, on kernels that are bound by computation; absent:"
      + " assumedGPUSpread.")
  static let kernels = Key<Double>(
    "kernels", range, fallback: Jitter.assumedKernelJitter,
    "From one run of a kernel to the next; absent: assumedKernelJitter.")
  static let collectives = Key<Double>(
    "collectives", range, fallback: Jitter.assumedCollectiveJitter,
    "From one run of a collective to the next; absent: assumedCollectiveJitter.")
  static let experts = Key<Double>(
    "experts", range, fallback: Jitter.assumedExpertSpread,
    "Between GPUs, in rows of experts of a layer; only where routing is even; absent:"
      + " assumedExpertSpread.")
  static let record = Record([
    gpus.declaration, kernels.declaration, collectives.declaration, experts.declaration,
  ])
}

extension Fields {
  /// The spread between GPUs that a step's `jitter` says; nil if it is invalid.
  func jitter() -> Jitter? {
    guard !isRefused(JitterKeys.jitter) else { return nil }
    guard let written = given(JitterKeys.jitter) else { return .usual }
    guard let fields = written.value else { return Jitter.none }
    guard let gpus = fields.value(JitterKeys.gpus),
      let kernels = fields.value(JitterKeys.kernels),
      let collectives = fields.value(JitterKeys.collectives),
      let experts = fields.value(JitterKeys.experts)
    else { return nil }
    return Jitter(gpus: gpus, kernels: kernels, collectives: collectives, experts: experts)
  }
}
