// Where a step's expert loads come from. Distribution families are fallbacks for when no trace is
// available: they set how uneven experts are, not which ones are hot or why.

import Units

/// How a step uses the tokens of a trace.
package enum TraceUse: String, CaseIterable, Hashable, Sendable {
  /// The tokens themselves, with the experts that each of them chose.
  case replay
  /// Only the loads of experts by domain, scaled up to the published level.
  case shares
}

/// A trace in a file, and what it is to be scaled to.
package struct TraceReference: Hashable, Sendable {
  /// The file.
  package var path: String
  /// SHA-256 of the trace.
  package var hash: String
  /// Layers with experts of the model that it is scaled to.
  package var layers: Int
  /// How its tokens are used.
  package var use: TraceUse

  package init(path: String, hash: String, layers: Int, use: TraceUse = .shares) {
    self.path = path
    self.hash = hash
    self.layers = layers
    self.use = use
  }
}

/// A source of expert loads with the seed of its draws.
package struct RoutingSpec: Hashable, Sendable {
  /// The kinds of sources.
  package enum Source: Hashable, Sendable, CustomStringConvertible {
    /// All experts are equally loaded.
    case uniform
    /// Loads of a layer are log-normal with this standard deviation of the logarithm.
    case logNormal(sigma: Double)
    /// The n-th largest load of a layer is proportional to n^-exponent; each layer draws its order
    /// of experts.
    case zipf(exponent: Double)
    /// Measured loads on any scale. Layers beyond the last reuse the last.
    case counts(ExpertLoads)
    /// Loads by domain of a scaled-up trace. Each sequence has one domain, all domains being
    /// equally likely, so a microbatch is uneven because of the domains that it happens to contain.
    case profile(LoadProfile)
    /// The tokens of a trace, replayed: which experts a token visits together is kept.
    case replay(ReplayedTrace)
    /// A trace that is still to be scaled up or loaded: the profile or the tokens that it becomes
    /// must replace it before a step is planned.
    case trace(TraceReference)

    /// The source as tables and messages name it.
    package var description: String {
      switch self {
      case .uniform: "balanced"
      case .logNormal(let sigma): "log-normal, sigma \(significantText(sigma))"
      case .zipf(let exponent): "Zipf, exponent \(significantText(exponent))"
      case .counts(let loads):
        loads.layers == 1 ? "measured counts" : "measured counts of \(loads.layers) layers"
      case .profile(let profile):
        "a trace of \(profile.domains.joined(separator: ", ")), scaled to \(profile.layers) layers"
      case .replay(let replayed): "the tokens of trace \(replayed.hash.prefix(12)), replayed"
      case .trace(let trace): "trace \(trace.hash), to be scaled to \(trace.layers) layers"
      }
    }
  }

  package var source: Source
  /// Seed of every draw.
  package var seed: UInt64

  package init(_ source: Source, seed: UInt64 = 0) {
    self.source = source
    self.seed = seed
  }

  /// All experts are equally loaded.
  package static let uniform = RoutingSpec(.uniform)

  /// Whether all experts are equally loaded by definition, so that nothing is drawn.
  package var isUniform: Bool { source == .uniform }

  /// Whether the tokens of a trace are replayed.
  package var isReplayed: Bool {
    if case .replay = source { true } else { false }
  }
}
