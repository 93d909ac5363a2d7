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
  private var shares: [[Double]] = []
  /// The wander of each domain's share in the last minute, and the numbers that move it on.
  private var wander: [Double]
  private var random: RandomStream
  private let topK: Int
  private let seed: UInt64

  /// - Parameters:
  ///   - layers: layers that route to experts.
  ///   - experts: routed experts per layer.
  ///   - topK: experts per token.
  ///   - domains: number of synthetic domains.
  ///   - minutes: length of the traffic.
  ///   - seed: of the domains' weights and shares, and of the counts.
  ///   - sigma: standard deviation of the logarithm of a domain's expert loads.
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
    wander = Array(repeating: 0, count: weights.count)
    random = RandomStream(seed: seed, purpose: RandomPurpose("experts.domain-shares"))
    extend(to: minutes)
  }

  /// Makes the traffic at least as long as a number of minutes; what there is stays.
  package mutating func extend(to minutes: Int) {
    let memory = exponential(-1 / Self.assumedWanderMinutes)
    let fresh = (1 - memory * memory).squareRoot()
    let domains = weights.count
    while shares.count < minutes {
      let values = (0..<domains).map { domain in
        wander[domain] =
          memory * wander[domain] + fresh * normalQuantile(random.uniform())
        let hour = Double(shares.count) / 1440 - Double(domain) / Double(domains)
        return (1 + Self.assumedDomainSwing * cosine(turns: hour))
          * exponential(Self.assumedDomainWander * wander[domain])
      }
      let sum = values.reduce(0, +)
      shares.append(values.map { $0 / sum })
    }
  }

  /// Number of domains.
  package var domains: Int { weights.count }

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

  /// The share of each domain in the traffic of some minutes together, `[domains]`.
  ///
  /// - Precondition: at least one minute.
  package func domainShares(_ minutes: Range<Int>) -> [Double] {
    weights.indices.map { domain in
      minutes.reduce(0) { $0 + shares[$1][domain] } / Double(minutes.count)
    }
  }

  /// Expected loads of a layer's experts for shares of the domains, `[experts]`, on a scale of a
  /// million a layer; arrivals do not scatter.
  package func expected(layer: Int, domainShares: [Double]) -> [Float] {
    (0..<experts).map { expert in
      var share = 0.0
      for domain in weights.indices {
        share += domainShares[domain] * weights[domain][layer * experts + expert]
      }
      return Float(share * 1e6)
    }
  }

  /// Share of a layer's pairs of each domain that each GPU receives, `[domains][gpus]`.
  package func gpuShares(layer: Int, _ placement: LayerPlacement, gpus: Int) -> [[Double]] {
    let range = layer * experts..<(layer + 1) * experts
    return weights.map { placement.gpuLoads($0[range].map { Float($0) }, gpus: gpus) }
  }

  /// Token-expert pairs summed over several minutes.
  ///
  /// - Precondition: at least one minute.
  package func counts(minutes: Range<Int>) -> ExpertLoads {
    ExpertLoads.sum(minutes.lazy.map { counts(minute: $0) })
  }
}
