// Where the experts of a step lie, and what a plan of that can know beforehand.

extension StepLoads {
  /// What a step asks of the experts of each layer, mean over its draws: what a plan can know.
  ///
  /// - Precondition: counts and profiles have the experts of `sizes`.
  public static func expected(_ spec: RoutingSpec, sizes: Sizes) -> ExpertLoads {
    let shares = (0..<sizes.layers).map { layer in
      LoadShares.shares(
        of: spec, layer: layer, layers: sizes.layers, experts: sizes.experts, topK: sizes.topK)
    }
    // Loads whose sum is a million: Float32 then holds the least of them well.
    return ExpertLoads(
      layers: sizes.layers, experts: sizes.experts,
      values: shares.flatMap { $0.values.map { Float($0 * 1e6) } })
  }

  /// The GPU that holds each expert, `[layers, experts]`; without a placement they lie in order.
  static func gpuOfExpert(_ placement: ExpertPlacement?, _ sizes: Sizes) -> [Int32] {
    let perGPU = sizes.experts / sizes.gpus
    let placement =
      placement
      ?? ExpertPlacement(
        layers: Array(repeating: .contiguous(experts: sizes.experts), count: sizes.layers))
    precondition(placement.layers.count == sizes.layers, "every layer has a placement")
    return placement.layers.flatMap { $0.gpus(slotsPerGPU: perGPU).map(Int32.init) }
  }
}
