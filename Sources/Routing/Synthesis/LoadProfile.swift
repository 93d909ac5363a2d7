// Expert load shares by layer and domain: all that a simulated step needs from a trace.

/// Expert loads of a whole model by layer and domain, with their provenance.
package struct LoadProfile: Hashable, Sendable {
  /// Names of the domains.
  package let domains: [String]
  /// Routed experts per layer.
  package let experts: Int
  /// Share of each expert, `[layers][domains][experts]`; every row sums to 1 up to rounding.
  package let shares: [[[Float]]]
  /// What is measured, fitted, published and assumed, one sentence each.
  package let notes: [String]

  /// - Precondition: at least one layer and one domain; every layer has all domains and experts.
  package init(domains: [String], experts: Int, shares: [[[Float]]], notes: [String]) {
    precondition(!shares.isEmpty && !domains.isEmpty, "a profile has a layer and a domain")
    precondition(
      shares.allSatisfy { layer in
        layer.count == domains.count && layer.allSatisfy { $0.count == experts }
      }, "shares of every layer, domain and expert")
    self.domains = domains
    self.experts = experts
    self.shares = shares
    self.notes = notes
  }

  /// Number of layers.
  package var layers: Int { shares.count }

  /// Expert shares of one of a model's `count` layers under a mix of domains; layers are matched by
  /// relative depth.
  ///
  /// - Parameter mix: share of each domain, summing to 1.
  func shares(ofLayer layer: Int, of count: Int, mix: [Double]) -> [Double] {
    let own = shares[min(layers - 1, layer * layers / max(1, count))]
    var result = [Double](repeating: 0, count: experts)
    for (part, domain) in zip(mix, own) where part > 0 {
      for expert in 0..<experts { result[expert] += part * Double(domain[expert]) }
    }
    return result
  }
}
