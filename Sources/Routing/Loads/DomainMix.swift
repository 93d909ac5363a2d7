// Drifting expert loads: which experts are popular depends on the domains of the requests, and the
// mix of domains changes over the day.
//
// Each domain has its own expert weights, log-normal or taken from a routing trace. Its share of
// the traffic follows a daily cycle with its own peak hour, plus a random wander; both are always
// synthetic. Counts scatter as independent arrivals do.

import Numerics
import Units

/// Traffic whose mix of domains changes over the day.
package struct DomainMix: Sendable {
  /// Domains of synthetic traffic.
  package static let assumedDomains = 4
  /// Spread of the logarithm of a domain's expert loads. Measured on 16 experts of one layer of
  /// DeepSeek-V3 in service: 0.59 (SGLang, pull request 5524); assumed for every domain and layer.
  package static let assumedDomainSigma = 0.59
  /// Amplitude of the daily cycle of a domain's share, relative to its mean.
  package static let assumedDomainSwing = 0.8
  /// Standard deviation of the logarithm of a share's random wander.
  package static let assumedDomainWander = 0.3
  /// Correlation time of the wander, minutes.
  package static let assumedWanderMinutes = 15.0
  /// Tokens per minute that one expert-parallel unit routes in each layer.
  package static let assumedTokensPerMinute = 1e6

  /// Layers that route to experts.
  package let layers: Int
  /// Routed experts per layer.
  package let experts: Int
  /// `[domains][layers * experts]`, each layer summing to 1.
  private let weights: [[Double]]
  /// `[minutes][domains]`, each minute summing to 1.
  private let shares: [[Double]]
  private let topK: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - domains: number of synthetic domains.
  ///   - minutes: length of the traffic.
  package init(
    layers: Int, experts: Int, topK: Int, domains: Int, minutes: Int, seed: UInt64,
    sigma: Double = assumedDomainSigma
  ) {
    precondition(
      layers > 0 && experts > 0 && domains > 0, "a mix has layers, experts and domains")
    let weights = (0..<domains).map { domain in
      var random = RandomStream(
        seed: seed, purpose: RandomPurpose("experts.domain-loads"), entity: domain)
      return (0..<layers).flatMap { _ in
        let loads = (0..<experts).map { _ in exponential(sigma * normalQuantile(random.uniform())) }
        return LoadShares(proportionalTo: loads, largest: 1 / Double(topK)).values
      }
    }
    self.init(
      weights: weights, layers: layers, experts: experts, topK: topK, minutes: minutes, seed: seed)
  }

  /// Traffic of a trace's domains, each with the expert shares that the trace shows for it.
  ///
  /// - Precondition: every domain of the trace has text.
  package init(_ trace: RoutingTrace, minutes: Int, seed: UInt64) {
    self.init(
      weights: trace.domainShares, layers: trace.layers.count, experts: trace.gate.experts,
      topK: trace.gate.topK, minutes: minutes, seed: seed)
  }

  /// Traffic of a profile's domains, its layers matched to the model's by relative depth.
  package init(_ profile: LoadProfile, layers: Int, topK: Int, minutes: Int, seed: UInt64) {
    let weights = profile.domains.indices.map { domain in
      let alone = profile.domains.indices.map { $0 == domain ? 1.0 : 0 }
      return (0..<layers).flatMap { layer in
        LoadShares(
          proportionalTo: profile.shares(ofLayer: layer, of: layers, mix: alone),
          largest: 1 / Double(topK)
        ).values
      }
    }
    self.init(
      weights: weights, layers: layers, experts: profile.experts, topK: topK, minutes: minutes,
      seed: seed)
  }

  private init(
    weights: [[Double]], layers: Int, experts: Int, topK: Int, minutes: Int, seed: UInt64
  ) {
    precondition(minutes > 0, "traffic lasts at least a minute")
    self.weights = weights
    self.layers = layers
    self.experts = experts
    self.topK = topK
    self.seed = seed
    shares = Self.shares(domains: weights.count, minutes: minutes, seed: seed)
  }

  private static func shares(domains: Int, minutes: Int, seed: UInt64) -> [[Double]] {
    var random = RandomStream(seed: seed, purpose: RandomPurpose("experts.domain-shares"))
    let memory = exponential(-1 / assumedWanderMinutes)
    let fresh = (1 - memory * memory).squareRoot()
    var wander = [Double](repeating: 0, count: domains)
    return (0..<minutes).map { minute in
      let values = (0..<domains).map { domain in
        wander[domain] =
          memory * wander[domain] + fresh * normalQuantile(random.uniform())
        let hour = Double(minute) / 1440 - Double(domain) / Double(domains)
        return (1 + assumedDomainSwing * cosine(turns: hour))
          * exponential(assumedDomainWander * wander[domain])
      }
      let sum = values.reduce(0, +)
      return values.map { $0 / sum }
    }
  }

  /// Length of the traffic in minutes.
  package var minutes: Int { shares.count }

  /// Token-expert pairs of one minute.
  package func counts(minute: Int) -> ExpertLoads {
    var random = RandomStream(
      seed: seed, purpose: RandomPurpose("experts.domain-counts"), entity: minute)
    let pairs = Self.assumedTokensPerMinute * Double(topK)
    let values = (0..<layers * experts).map { index -> Float in
      var share = 0.0
      for domain in weights.indices { share += shares[minute][domain] * weights[domain][index] }
      let mean = share * pairs
      return Float(max(0, (mean + mean.squareRoot() * normalQuantile(random.uniform())).rounded()))
    }
    return ExpertLoads(layers: layers, experts: experts, values: values)
  }

  /// Token-expert pairs summed over several minutes.
  ///
  /// - Precondition: at least one minute.
  package func counts(minutes: Range<Int>) -> ExpertLoads {
    ExpertLoads.sum(minutes.lazy.map { counts(minute: $0) })
  }
}
