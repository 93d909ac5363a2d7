// The machine that traffic drifts on where nobody describes another.

extension PlacementSizes {
  /// Slots, nodes and GPUs of 288, 4 and 32, or what comes nearest beside those that are written.
  ///
  /// - Parameters:
  ///   - replicas: nil for the most that divide over the GPUs up to 288, at least one an expert.
  ///   - nodes: nil for the most up to 4 that divide the GPUs.
  ///   - gpus: nil for the most up to 32 that divide into the nodes, at least one a node.
  public static func usual(
    replicas: Int?, groups: Int, nodes: Int?, gpus: Int?, experts: Int
  ) -> PlacementSizes {
    let gpuCount =
      gpus ?? nodes.map { $0 < 1 ? 32 : min(limit, max($0, 32 / $0 * $0)) } ?? 32
    let nodeCount = nodes ?? (1...4).last { gpuCount % $0 == 0 } ?? 1
    let perGPU = gpuCount < 1 ? 1 : max((experts - 1) / gpuCount + 1, 288 / gpuCount)
    return PlacementSizes(
      replicas: replicas ?? min(limit, perGPU * gpuCount), groups: groups, nodes: nodeCount,
      gpus: gpuCount)
  }
}
