// Scales the trace of a small model up to the layers of a large one.
//
// - Measured in the trace: how much the experts of each layer specialise by domain, relative to the
//   other layers, and how similarly neighbouring tokens are routed.
// - Published: how uneven a layer of the real model is (sigma of ln load, 0.59). After a few
//   hundred training steps domains are far more separated than that, so the level comes from the
//   real model and only the profile over depth from the trace.
// - Fitted by bisection: the domain and context strengths of each traced layer.
//
// Strengths are interpolated between traced layers. Each scaled layer then draws its own vectors,
// trains its bias, and routes the text with the real gate.

import Units

/// Scales a trace up to a larger model.
package struct TraceScaling: Sendable {
  /// Sigma of ln load of the experts of one layer on one GPU that serves DeepSeek-V3, from 16
  /// published counts (SGLang pull request 5524).
  package static let publishedSigma = 0.59

  /// The statistics of a traced layer, and the strengths fitted to them.
  package struct Fit: Hashable, Sendable {
    /// Name of the traced layer.
    package var layer: String
    /// Sigma of ln load in one domain, mean over domains, in the trace.
    package var measuredSigma: Double
    /// Target of the fit: the level x this layer's measured sigma / the mean over layers.
    package var targetSigma: Double
    /// Mean Jaccard index of neighbouring tokens in the trace.
    package var measuredJaccard: Double
    /// The fitted strengths.
    package var strengths: SynthesisStrengths
    /// Statistics of the synthetic layer with these strengths.
    package var outcome: SynthesisOutcome
  }

  let trace: RoutingTrace
  let text: RoutedText
  private let nodeCount: Int
  private let gpuCount: Int
  let seed: UInt64

  /// Upper end of the bisected interval, and the number of halvings.
  private static let strongest = 4.0
  private static let halvings = 7

  /// - Parameters:
  ///   - trace: the trace of the small model.
  ///   - sequences: sequences of the trace to route, at most; a multiple of the number of domains.
  ///   - nodeCount: nodes over which a token's fan-out is counted.
  ///   - gpuCount: GPUs over which it is counted.
  ///   - seed: of the synthetic layers.
  /// - Precondition: the trace has a layer of the main model and text.
  package init(
    _ trace: RoutingTrace, sequences: Int, nodeCount: Int, gpuCount: Int, seed: UInt64
  ) {
    self.trace = trace
    text = RoutedText(trace, sequences: sequences)
    self.nodeCount = nodeCount
    self.gpuCount = gpuCount
    self.seed = seed
  }

  /// Fits the traced layers of the main model.
  ///
  /// - Parameter level: sigma of ln load in a domain, mean over layers; nil keeps the trace's own.
  /// - Complexity: 36 routings of the text per layer.
  package func fits(level: Double?) -> [Fit] {
    let traced = trace.layers.indices.filter { trace.layers[$0].hasPrefix("L") }
    let statistics = traced.map {
      RoutingStatistics(trace, layer: $0, nodeCount: nodeCount, gpuCount: gpuCount)
    }
    let sigmas = statistics.map { layer -> Double in
      guard let sigma = layer.domainSigma else { preconditionFailure("a trace has text") }
      return sigma
    }
    let mean = sigmas.reduce(0, +) / Double(max(1, sigmas.count))
    return zip(statistics, sigmas).enumerated().map { index, pair in
      let target = level.map { $0 * pair.1 / mean } ?? pair.1
      let (strengths, outcome) = fit(
        layer: index, sigma: target, jaccard: pair.0.neighbourJaccard)
      return Fit(
        layer: pair.0.layer, measuredSigma: pair.1, targetSigma: target,
        measuredJaccard: pair.0.neighbourJaccard, strengths: strengths, outcome: outcome)
    }
  }

  /// The profile of `layers` layers with strengths interpolated by depth, and the statistics of
  /// each.
  package func profile(
    layers: Int, fits: [Fit], notes: [String]
  ) -> (profile: LoadProfile, outcomes: [SynthesisOutcome]) {
    precondition(!fits.isEmpty, "a traced layer was fitted")
    let outcomes = (0..<layers).map { layer in
      SyntheticLayer(trace.gate, text: text, seed: seed, entity: Self.firstScaledLayer + layer)
        .route(
          Self.strengths(at: layer, of: layers, fits), nodeCount: nodeCount, gpuCount: gpuCount)
    }
    let shares = outcomes.map { outcome in
      outcome.visits.map { visits in
        // Half a visit is added to each expert: a load may be too small to show in this text, but
        // it is not zero.
        let sum = Float(visits.reduce(0, +)) + 0.5 * Float(visits.count)
        return visits.map { (Float($0) + 0.5) / sum }
      }
    }
    return (
      LoadProfile(
        domains: trace.domains, experts: trace.gate.experts, shares: shares, notes: notes),
      outcomes
    )
  }

  /// First random stream of the scaled layers; fitted layers use those below.
  static let firstScaledLayer = 1024

  /// Strengths at a depth, interpolated linearly between fitted layers.
  static func strengths(at layer: Int, of layers: Int, _ fits: [Fit]) -> SynthesisStrengths {
    let place = layers < 2 ? 0 : Double(layer) / Double(layers - 1) * Double(fits.count - 1)
    let low = min(fits.count - 1, Int(place))
    let high = min(fits.count - 1, low + 1)
    let part = place - Double(low)
    let (a, b) = (fits[low].strengths, fits[high].strengths)
    return SynthesisStrengths(
      domain: a.domain + (b.domain - a.domain) * part,
      context: a.context + (b.context - a.context) * part)
  }

  /// Fits domain and context alternately, because each shifts the other's statistic slightly.
  private func fit(
    layer: Int, sigma: Double, jaccard: Double
  ) -> (SynthesisStrengths, SynthesisOutcome) {
    let synthetic = SyntheticLayer(trace.gate, text: text, seed: seed, entity: layer)
    var strengths = SynthesisStrengths(domain: 0.5, context: 0.5)
    func route(_ strengths: SynthesisStrengths) -> SynthesisOutcome {
      synthetic.route(strengths, nodeCount: nodeCount, gpuCount: gpuCount)
    }
    for _ in 0..<2 {
      bisect(&strengths, \.domain) { route($0).domainSigma < sigma }
      bisect(&strengths, \.context) { route($0).neighbourJaccard < jaccard }
    }
    bisect(&strengths, \.domain) { route($0).domainSigma < sigma }
    return (strengths, route(strengths))
  }

  /// Finds the strength at which a statistic that increases with it reaches its target.
  private func bisect(
    _ strengths: inout SynthesisStrengths, _ path: WritableKeyPath<SynthesisStrengths, Double>,
    isBelow: (SynthesisStrengths) -> Bool
  ) {
    var (low, high) = (0.0, Self.strongest)
    for _ in 0..<Self.halvings {
      strengths[keyPath: path] = (low + high) / 2
      if isBelow(strengths) {
        low = strengths[keyPath: path]
      } else {
        high = strengths[keyPath: path]
      }
    }
    strengths[keyPath: path] = (low + high) / 2
  }
}

extension TraceScaling {
  /// A scaled-up trace.
  package struct Scaled: Sendable {
    /// Fits of the traced layers.
    package var fits: [Fit]
    /// Loads of the large model.
    package var profile: LoadProfile
    /// Statistics of its layers.
    package var outcomes: [SynthesisOutcome]
  }

  /// Default number of sequences to route; more give smoother loads.
  package static let usualSequences = 64

  /// Scales a trace up to `layers` layers. Fan-out is counted on one node per group of the gate,
  /// with eight GPUs per node if they divide the experts.
  ///
  /// - Parameters:
  ///   - trace: the trace of the small model.
  ///   - hash: hash of the trace, for the profile's notes.
  ///   - layers: layers with experts of the large model.
  ///   - level: sigma of ln load in a domain, mean over layers; nil keeps the trace's own.
  ///   - sequences: sequences of the trace to route, at most; a multiple of the number of domains.
  ///   - seed: of the synthetic layers.
  ///   - fitted: called once the traced layers are fitted, which takes most of the time.
  /// - Precondition: `canScale` of the trace.
  package static func scale(
    _ trace: RoutingTrace, hash: String, layers: Int, level: Double?, sequences: Int, seed: UInt64,
    fitted: ([Fit]) -> Void = { _ in }
  ) -> Scaled {
    let gate = trace.gate
    let gpus = gate.experts % (gate.groups * 8) == 0 ? gate.groups * 8 : gate.groups
    let scaling = TraceScaling(
      trace, sequences: sequences, nodeCount: gate.groups, gpuCount: gpus, seed: seed)
    let fits = scaling.fits(level: level)
    fitted(fits)
    let notes = notes(
      fits: fits, level: level, traceHash: hash, command: trace.origin.command, layers: layers,
      sequences: scaling.text.domains.count, seed: seed)
    let (profile, outcomes) = scaling.profile(layers: layers, fits: fits, notes: notes)
    return Scaled(fits: fits, profile: profile, outcomes: outcomes)
  }

  /// Whether a trace has text and a layer of the main model.
  package static func canScale(_ trace: RoutingTrace) -> Bool {
    trace.tokenCount > 0 && trace.layers.contains { $0.hasPrefix("L") }
  }

  /// Notes on what in a profile is measured, fitted, published and assumed.
  package static func notes(
    fits: [Fit], level: Double?, traceHash: String, command: String, layers: Int, sequences: Int,
    seed: UInt64
  ) -> [String] {
    let sigmas = fits.map { significantText($0.measuredSigma) }.joined(separator: ", ")
    let strengths = fits.map {
      "\(significantText($0.strengths.domain)) and \(significantText($0.strengths.context))"
    }.joined(separator: "; ")
    let levelNote =
      level.map { level in
        level == publishedSigma
          ? "published: sigma of ln load \(significantText(level)) of a layer, from counts of 16"
            + " experts of a served DeepSeek-V3 (SGLang pull request 5524)"
          : "given: sigma of ln load \(significantText(level)) of a layer"
      } ?? "measured: sigma of ln load of a layer, the trace's own"
    return [
      "measured: trace \(traceHash), made by: \(command)",
      "measured: sigma of ln load in a domain by traced layer \(sigmas); neighbours' likeness",
      levelNote,
      "fitted: strengths of domain and context by traced layer \(strengths); selection bias on the"
        + " mix of domains",
      "assumed: \(SyntheticLayer.assumedDimensions) dimensions, context memory"
        + " \(significantText(SyntheticLayer.assumedContextMemory)), strength 1 of bytes and noise,"
        + " independent layers",
      "synthesised: \(layers) layers, \(sequences) sequences routed by the real gate, seed \(seed)",
    ]
  }
}
