// Names of a model's linear modules, and the patterns by which lists leave them out of a format.

import ModelCost

/// The linear modules of a model by part.
struct LinearModules {
  /// Name of the part with routed experts.
  static let routed = "routed experts"

  /// Parts in the order of a layer; those that the model lacks are absent.
  let parts: [(name: String, modules: [String])]

  /// - Parameter isWrapped: whether the model is a part of another one.
  init(_ model: ModelSpec, _ family: ConfigFamily, isWrapped: Bool) {
    let start = (isWrapped ? "language_model." : "") + "model.layers."
    func modules(_ prefix: String, _ names: [String], where has: (LayerKind) -> Bool) -> [String] {
      (0..<model.layers).filter { has(model.kind(ofLayer: $0)) }.flatMap { layer in
        names.map { "\(start)\(layer).\(prefix).\($0)" }
      }
    }
    let feedForward = Self.feedForward(family)
    let shared = model.experts?.sharedWidth == 0 ? [] : Self.projections
    parts = [
      ("attention", modules("self_attn", Self.attention(model)) { _ in true }),
      (
        "dense feed-forward layers",
        modules(feedForward.block, Self.projections) { !$0.hasExperts }
      ),
      (
        "shared experts",
        modules("\(feedForward.block).\(feedForward.shared)", shared) { $0.hasExperts }
      ),
      // One expert stands for all of its layer.
      (
        Self.routed,
        modules("\(feedForward.block).experts.0", feedForward.expert) { $0.hasExperts }
      ),
    ].filter { !$0.1.isEmpty }
  }

  private static let projections = ["gate_proj", "up_proj", "down_proj"]

  private static func attention(_ model: ModelSpec) -> [String] {
    switch model.attention {
    case .latent(let latent):
      (latent.queryRank == nil ? ["q_proj"] : ["q_a_proj", "q_b_proj"])
        + ["kv_a_proj_with_mqa", "kv_b_proj", "o_proj"]
    case .grouped: ["q_proj", "k_proj", "v_proj", "o_proj"]
    }
  }

  /// Names of a feed-forward block, its shared experts, and the products of an expert.
  private static func feedForward(
    _ family: ConfigFamily
  ) -> (block: String, shared: String, expert: [String]) {
    switch family {
    case .mixtral, .miniMaxM2: ("block_sparse_moe", "shared_experts", ["w1", "w2", "w3"])
    case .llama4: ("feed_forward", "shared_expert", projections)
    default: ("mlp", "shared_experts", projections)
    }
  }
}

/// A pattern for names of modules: an expression after `re:`, else a name or its parts, in which a
/// star stands for anything.
struct ModulePattern {
  private let expression: Regex<AnyRegexOutput>?
  private let glob: [UInt8]

  /// Reads a pattern; nil for an expression that is not valid.
  init?(_ text: String) {
    // Between full stops, a name matches itself and all modules inside.
    glob = Array("*.\(text).*".utf8)
    guard text.hasPrefix("re:") else {
      expression = nil
      return
    }
    guard let expression = try? Regex(String(text.dropFirst(3))) else { return nil }
    self.expression = expression
  }

  /// Whether a module has the name, or lies inside a module that has it.
  func matches(_ module: String) -> Bool {
    if let expression { return module.prefixMatch(of: expression) != nil }
    return Self.matches(Array(".\(module).".utf8), glob)
  }

  /// Whether a text matches a pattern with stars, in at most the time of their product.
  private static func matches(_ text: [UInt8], _ pattern: [UInt8]) -> Bool {
    let any = UInt8(ascii: "*")
    var (at, next) = (0, 0)
    var star: (pattern: Int, text: Int)?
    while at < text.count {
      if next < pattern.count, pattern[next] == any {
        star = (next, at)
        next += 1
      } else if next < pattern.count, pattern[next] == text[at] {
        at += 1
        next += 1
      } else if let last = star {
        star = (last.pattern, last.text + 1)
        next = last.pattern + 1
        at = last.text + 1
      } else {
        return false
      }
    }
    return pattern[next...].allSatisfy { $0 == any }
  }
}
