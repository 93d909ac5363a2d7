// The layer of DeepSeek's published training trace, which calibrates whole kernel classes.

extension LayerKernels {
  /// Every kernel of one MoE layer of DeepSeek-V3 as the trace ran it: 4096 tokens, EP64, the
  /// report's formats and recomputation.
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
