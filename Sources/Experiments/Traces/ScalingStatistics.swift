// The measures that validate trace scaling, computed alike for trained and synthetic traces.

import Routing

/// Means over the layers of a trace's main model.
package struct ScalingStatistics: Hashable, Sendable {
  /// Sigma of ln load in each domain.
  package var domainSigmas: [Double]
  /// Mutual information of expert and domain, bits.
  package var information: Double
  /// Distinct nodes per token.
  package var nodes: Double
  /// Largest GPU load / mean in one domain, experts in index order; mean over domains.
  package var unplanned: Double
  /// The same under EPLB, planned on that domain.
  package var planned: Double
  /// Largest GPU load / mean in a window dominated by one domain, under EPLB planned on that
  /// window; mean over windows.
  package var fresh: Double
  /// The same under EPLB planned on the previous window, which another domain dominates.
  package var stale: Double

  /// Mean over domains.
  package var sigma: Double { domainSigmas.reduce(0, +) / Double(domainSigmas.count) }

  /// Machine of the placements: 8 nodes of 2 GPUs, with 16 redundant experts.
  static func sizes(_ gate: Gate) -> PlacementSizes {
    PlacementSizes(replicas: gate.experts + 16, groups: gate.groups, nodes: 8, gpus: 16)
  }

  /// Share of the dominant domain in a window; the others split the rest equally.
  private static let mainShare = 0.7
  /// Token-expert pairs per window or domain; below 2^24, EPLB's Float32 arithmetic is exact.
  private static let pairs = 1e6

  /// Analyses a trace.
  ///
  /// - Precondition: 16 divides its experts, its gate has 8 groups, and every domain has text.
  package init(_ trace: RoutingTrace) {
    let layers = trace.layers.indices.filter { trace.layers[$0].hasPrefix("L") }
    let statistics = layers.map {
      RoutingStatistics(trace, layer: $0, nodeCount: trace.gate.groups, gpuCount: 16)
    }
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    domainSigmas = trace.domains.indices.map { domain in
      mean(
        statistics.map { layer in
          guard let sigma = layer.sigma(domain: domain) else {
            preconditionFailure("every domain has text")
          }
          return sigma
        })
    }
    information = mean(statistics.map(\.mutualInformation))
    nodes = mean(statistics.map(\.fanOut.nodes))
    let shares = trace.domainShares
    let experts = trace.gate.experts
    let windows = trace.domains.indices.map { main in
      Self.mixed(
        shares,
        trace.domains.indices.map { domain in
          if trace.domains.count == 1 { return 1 }
          return domain == main
            ? Self.mainShare : (1 - Self.mainShare) / Double(trace.domains.count - 1)
        })
    }
    let sizes = Self.sizes(trace.gate)
    func loads(_ row: [Double], _ layer: Int) -> [Float] {
      row[layer * experts..<(layer + 1) * experts].map { Float(($0 * Self.pairs).rounded()) }
    }
    func imbalances(_ body: (_ domain: Int, _ layer: Int) -> Double) -> Double {
      mean(trace.domains.indices.flatMap { domain in layers.map { body(domain, $0) } })
    }
    unplanned = imbalances { domain, layer in
      LayerPlacement.contiguous(experts: experts).imbalance(
        loads(shares[domain], layer), gpus: sizes.gpus)
    }
    planned = imbalances { domain, layer in
      let own = loads(shares[domain], layer)
      return EPLB.plan(own, sizes).imbalance(own, gpus: sizes.gpus)
    }
    fresh = imbalances { domain, layer in
      let own = loads(windows[domain], layer)
      return EPLB.plan(own, sizes).imbalance(own, gpus: sizes.gpus)
    }
    stale = imbalances { domain, layer in
      let next = windows[(domain + 1) % windows.count]
      return EPLB.plan(loads(windows[domain], layer), sizes).imbalance(
        loads(next, layer), gpus: sizes.gpus)
    }
  }

  /// Shares of a mix of domains.
  private static func mixed(_ shares: [[Double]], _ mix: [Double]) -> [Double] {
    shares[0].indices.map { index in
      zip(shares, mix).reduce(0) { $0 + $1.0[index] * $1.1 }
    }
  }
}
