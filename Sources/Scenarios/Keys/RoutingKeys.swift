// The keys under `training.routing` and `inference.routing`.

import Routing

extension TraceUse: KeyValue {}

/// Keys of `training.routing` and `inference.routing`.
enum RoutingKeys {
  /// Sources of expert loads: equal loads, a family of distributions, the user's own counts, or a
  /// trace scaled up.
  enum Source: String, CaseIterable, KeyValue {
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
    "Source of expert loads: uniform is balanced; lognormal needs sigma, zipf needs exponent,"
      + " counts, profile and trace need file; builtin is a compiled-in profile of a trace.")
  static let sigma = Key<Double>(
    "sigma", .number(0...3),
    "Standard deviation of the logarithm of a layer's expert loads; 0.59 was measured on one GPU of"
      + " a served DeepSeek-V3.")
  static let exponent = Key<Double>(
    "exponent", .number(0...3),
    "Exponent of Zipf's law over a layer's experts; above 0.8 is less even than measured layers.")
  static let file = Key<String>(
    "file", .text,
    "Path relative to the scenario's folder: for counts a CSV with one row per layer with experts,"
      + " or one for all, and one column per expert, or SGLang's logical_count in JSON; for profile"
      + " the output of moe scale --export;"
      + " for trace the output of moe trace, whose use is a choice of its own.")
  static let use = Key<TraceUse>(
    "use", .choice(TraceUse.allCases.map(\.rawValue)),
    "How source trace uses the trace: replay sends its tokens to the experts that each of them"
      + " chose, by default if the file has a trace; shares takes only expert loads by domain.")
  static let record = Record([
    source.declaration, sigma.declaration, exponent.declaration, file.declaration,
    use.declaration,
  ])
}
