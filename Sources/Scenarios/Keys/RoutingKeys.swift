// The keys under `training.routing`.

/// Keys of `training.routing`.
enum RoutingKeys {
  /// The words for where expert loads come from.
  enum Source: String, CaseIterable, KeyValue {
    /// Every expert the same; a family; the user's own numbers; a trace that was scaled up.
    case uniform
    case lognormal
    case zipf
    case counts
    case profile
    case trace
    case builtin
  }

  static let source = Key<Source>(
    "source", .choice(Source.allCases.map(\.rawValue)), .required,
    "Where expert loads come from: uniform is balanced; lognormal needs sigma, zipf needs exponent,"
      + " counts, profile and trace need file; builtin is the profile of a trace, compiled in.")
  static let sigma = Key<Double>(
    "sigma", .number(0...3),
    "Standard deviation of the logarithm of a layer's expert loads; 0.59 was measured on one GPU of"
      + " a served DeepSeek-V3.")
  static let exponent = Key<Double>(
    "exponent", .number(0...3),
    "Exponent of Zipf's law over a layer's experts; above 0.8 is harsher than measured layers.")
  static let file = Key<String>(
    "file", .text,
    "Path relative to the scenario's folder: for counts a CSV with one row per layer with experts,"
      + " or one for all, and one column per expert; for profile the output of moe scale --export;"
      + " for trace that of moe trace, which is scaled to the model's layers as moe scale does.")
  static let record = Record([
    source.declaration, sigma.declaration, exponent.declaration, file.declaration,
  ])
}
