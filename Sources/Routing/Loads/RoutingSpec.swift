// Where a step's expert loads come from. The families are fallbacks for where no trace is at hand:
// they fix how uneven experts are, not which ones or why.

import Units

/// A trace in a file, and what it is to be scaled to.
public struct TraceReference: Hashable, Sendable {
  /// The file.
  public var path: String
  /// SHA-256 of the trace.
  public var hash: String
  /// Layers with experts of the model that it is scaled to.
  public var layers: Int

  public init(path: String, hash: String, layers: Int) {
    self.path = path
    self.hash = hash
    self.layers = layers
  }
}

/// A source of expert loads with the seed of its draws.
public struct RoutingSpec: Hashable, Sendable {
  /// The kinds of sources.
  public enum Source: Hashable, Sendable, CustomStringConvertible {
    /// Every expert receives the same.
    case uniform
    /// The logarithms of a layer's loads are normal with this deviation.
    case logNormal(sigma: Double)
    /// The load of the n-th expert of a layer falls as n to the power of minus this exponent; which
    /// expert is the n-th is drawn for each layer.
    case zipf(exponent: Double)
    /// Measured loads of any scale. A layer beyond the last takes the last one's.
    case counts(ExpertLoads)
    /// Loads by domain of a trace that was scaled up. Sequences are of one domain each, all domains
    /// equally likely; a microbatch is uneven by the domains that it happens to have.
    case profile(LoadProfile)
    /// A trace that is still to be scaled up. Loads are drawn from the profile that it becomes: it
    /// must be replaced before a step is planned.
    case trace(TraceReference)

    /// What the source is, for people.
    public var description: String {
      switch self {
      case .uniform: "balanced"
      case .logNormal(let sigma): "log-normal, sigma \(significantText(sigma))"
      case .zipf(let exponent): "Zipf, exponent \(significantText(exponent))"
      case .counts(let loads):
        loads.layers == 1 ? "measured counts" : "measured counts of \(loads.layers) layers"
      case .profile(let profile):
        "a trace of \(profile.domains.joined(separator: ", ")), scaled to \(profile.layers) layers"
      case .trace(let trace): "trace \(trace.hash), to be scaled to \(trace.layers) layers"
      }
    }
  }

  public var source: Source
  /// Seed of every draw.
  public var seed: UInt64

  public init(_ source: Source, seed: UInt64 = 0) {
    self.source = source
    self.seed = seed
  }

  /// Every expert receives the same.
  public static let uniform = RoutingSpec(.uniform)

  /// Whether all experts receive the same by definition, so that nothing needs to be drawn.
  public var isUniform: Bool { source == .uniform }
}
