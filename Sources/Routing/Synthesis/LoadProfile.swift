// Shares of the experts of every layer in every domain: what a step needs to know of a trace.

/// Expert loads of a whole model by layer and domain, and how they came to be.
public struct LoadProfile: Hashable, Sendable {
  /// Names of the domains.
  public let domains: [String]
  /// Routed experts of a layer.
  public let experts: Int
  /// Share of each expert `[layers][domains][experts]`; those of a layer and domain sum to 1, but
  /// for rounding.
  public let shares: [[[Float]]]
  /// What is measured, fitted, published and assumed, as sentences.
  public let notes: [String]

  /// - Precondition: at least one layer and domain; all of one shape.
  public init(domains: [String], experts: Int, shares: [[[Float]]], notes: [String]) {
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

  /// Layers of the profile.
  public var layers: Int { shares.count }

  /// Shares of a layer of a model with `count` layers, by relative depth, under a mix of domains.
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
