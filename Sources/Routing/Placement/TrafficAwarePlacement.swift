// Trades even GPU loads against InfiniBand traffic. Keeping whole groups on nodes means fewer nodes
// per token; placing experts freely means more even GPUs. A sample of tokens routed by the real
// gate prices both.

/// Chooses, layer by layer, between whole groups on nodes and free placement of experts.
package struct TrafficAwarePlacement: Sendable {
  package var sizes: PlacementSizes
  package var gate: Gate
  /// Time that one token-expert pair takes on its GPU.
  package var secondsPerRow: Double
  /// Time that one token takes on a NIC, dispatch and combine together.
  package var secondsPerMessage: Double
  /// Tokens sampled per layer.
  package var sampledTokens: Int

  package init(
    sizes: PlacementSizes, gate: Gate, secondsPerRow: Double, secondsPerMessage: Double,
    sampledTokens: Int = 2048
  ) {
    self.sizes = sizes
    self.gate = gate
    self.secondsPerRow = secondsPerRow
    self.secondsPerMessage = secondsPerMessage
    self.sampledTokens = sampledTokens
  }

  /// One way to place a layer, with its cost per token.
  package struct Choice: Sendable {
    package var placement: LayerPlacement
    /// Whether whole groups stay on nodes.
    package var keepsGroups: Bool
    /// Largest GPU load over the mean.
    package var imbalance: Double
    /// InfiniBand messages per token, one way.
    package var remoteNodes: Double
    /// Time on the most loaded GPU plus time on the NIC, for one token from each GPU.
    package var secondsPerToken: Double
  }

  /// The ways to place a layer, cheapest first.
  package func choices(_ loads: [Float], seed: UInt64) -> [Choice] {
    let sample = TokenSample.following(loads, gate: gate, tokens: sampledTokens, seed: seed)
    var free = sizes
    (free.groups, free.nodes) = (1, 1)
    let variants = sizes.isHierarchical ? [(sizes, true), (free, false)] : [(free, false)]
    return variants.map { sizes, keepsGroups in
      let placement = BestPlacement.plan(loads, sizes)
      let imbalance = placement.imbalance(loads, gpus: sizes.gpus)
      let nodes = sample.remoteNodes(placement, nodes: self.sizes.nodes)
      return Choice(
        placement: placement, keepsGroups: keepsGroups, imbalance: imbalance, remoteNodes: nodes,
        secondsPerToken: Double(gate.topK) * imbalance * secondsPerRow
          + nodes * secondsPerMessage)
    }.sorted { $0.secondsPerToken < $1.secondsPerToken }
  }
}
