// Traffic of balanced experts: every GPU and every layer has the same. How many domains and GPUs a
// token visits is the mean over a sample of the gate (`TokenFanOut`).

/// Balanced traffic.
package struct GateTraffic: ExpertTrafficSource {
  package let sizes: StepLoads.Sizes
  private let traffic: LayerTraffic

  /// - Parameters:
  ///   - copies: domains and GPUs that a token visits.
  ///   - sizes: dimensions of the step.
  package init(_ copies: TokenFanOut, sizes: StepLoads.Sizes) {
    self.sizes = sizes
    let tokens = Double(sizes.tokensPerGPU)
    traffic = .alike(
      rows: Array(repeating: Double(sizes.rowsPerGPU), count: sizes.gpus),
      arrived: Array(repeating: tokens * copies.gpus, count: sizes.gpus),
      visits: Array(
        repeating: tokens * copies.nodes * Double(sizes.gpusPerDomain), count: sizes.domainCount),
      sizes)
  }

  package func layer(_ layer: Int, microbatch: Int) -> LayerTraffic { traffic }
}
