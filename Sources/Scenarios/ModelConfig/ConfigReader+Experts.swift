// Experts of a configuration: which layers have them, how many, how wide, and their router.

import ModelCost

extension ConfigReader {
  /// Keys with the number of routed experts.
  static let routedNames = ["n_routed_experts", "num_experts", "num_local_experts"]
  /// Keys with the number of experts that a token visits.
  static let topKNames = ["num_experts_per_tok", "experts_per_token", "num_experts_per_token"]

  /// Experts of the layers that have them; nil, with problems reported, if they are invalid.
  func experts(_ family: ConfigFamily, _ layers: Int?) -> ExpertSpec? {
    let choice = layers.flatMap { expertLayers(family, $0) }
    let routed = value(Self.routedNames, ExpertKeys.routed)
    let topK = value(Self.topKNames, ExpertKeys.topK)
    let width = value(
      [family.hasPlainExpertWidth ? "intermediate_size" : "moe_intermediate_size"],
      ExpertKeys.intermediate)
    let shared = self.shared(family)
    let method: String? = value(["topk_method"], .text, fallback: "")
    let isUngrouped = method == "greedy"
    let groups = isUngrouped ? 1 : value(["n_group"], ExpertKeys.groups, fallback: 1)
    let groupLimit = isUngrouped ? 1 : value(["topk_group"], ExpertKeys.groupLimit, fallback: 1)
    let gate = value(["scoring_func"], ExpertKeys.gate, fallback: family.gate)
    let bias = hasSelectionBias(family, method)
    guard let choice, let routed, let topK, let width, let shared, let groups, let groupLimit,
      let gate, let bias
    else { return nil }
    return ExpertSpec(
      layers: choice, routed: routed, shared: shared.count, sharedIntermediate: shared.width,
      topK: topK, intermediate: width, groups: groups, groupLimit: groupLimit, gate: gate,
      hasSelectionBias: bias, hasBias: family == .gptOSS)
  }

  /// Shared experts, and their width if it is not that of routed ones.
  private func shared(_ family: ConfigFamily) -> (count: Int, width: Int?)? {
    if family == .llama4 { return (1, nil) }
    if present(["shared_expert_intermediate_size"]) != nil {
      let width: Int? = value(["shared_expert_intermediate_size"], .integer(0...524_288))
      return width.map { $0 == 0 ? (0, nil) : (1, $0) }
    }
    return value(["n_shared_experts", "num_shared_experts"], ExpertKeys.shared, fallback: 0)
      .map { ($0, nil) }
  }

  private func hasSelectionBias(_ family: ConfigFamily, _ method: String?) -> Bool? {
    switch family {
    case .deepseekV2: method.map { $0 == "noaux_tc" }
    case .miniMaxM2: flag("use_routing_bias")
    case .deepseekV3, .deepseekV32, .kimiK2, .kimiK25, .glm4MoE, .glmMoEDSA: true
    case .qwen3MoE, .llama4, .gptOSS, .mixtral, .llama, .qwen2: false
    }
  }

  private func expertLayers(_ family: ConfigFamily, _ layers: Int) -> LayerChoice? {
    guard let (key, claim) = expertClaim(family, layers) else { return nil }
    guard (0..<layers).contains(where: claim) else {
      problems.add(path(key), "leaves none of the \(layers) layers with experts")
      return nil
    }
    return LayerChoice(of: layers, where: claim)
  }

  /// Whether a layer has experts, and the first key that says so.
  private func expertClaim(
    _ family: ConfigFamily, _ layers: Int
  ) -> (key: String, hasExperts: (Int) -> Bool)? {
    if present(["mlp_layer_types"]) != nil {
      let kinds: [String]? = list("mlp_layer_types", of: .choice(["dense", "sparse"]), layers)
      return kinds.map { kinds in ("mlp_layer_types", { kinds[$0] == "sparse" }) }
    }
    if family == .llama4 { return interleaved(layers) }
    if case .sequence = present(["moe_layer_freq"])?.node.content {
      let marks: [Int]? = list("moe_layer_freq", of: .integer(0...1), layers)
      return marks.map { marks in ("moe_layer_freq", { marks[$0] == 1 }) }
    }
    if family == .qwen3MoE || present(["decoder_sparse_step"]) != nil {
      let step = value(["decoder_sparse_step"], ExpertKeys.every, fallback: 1)
      let dense: [Int]? = value(
        ["mlp_only_layers"], .list(.integer(0...1023), isSet: true, count: 0...1024), fallback: [])
      guard let step, let dense else { return nil }
      return ("decoder_sparse_step", { !dense.contains($0) && ($0 + 1) % step == 0 })
    }
    let first = value(
      ["first_k_dense_replace"], ExpertKeys.denseLayers, fallback: family.startsDense ? nil : 0)
    let step = value(["moe_layer_freq"], ExpertKeys.every, fallback: 1)
    guard let first, let step else { return nil }
    return ("first_k_dense_replace", { $0 >= first && $0 % step == 0 })
  }

  private func interleaved(_ layers: Int) -> (key: String, hasExperts: (Int) -> Bool)? {
    if present(["moe_layers"]) != nil {
      let listed: [Int]? = value(
        ["moe_layers"], .list(.integer(0...layers - 1), isSet: true, count: 1...layers))
      return listed.map { listed in ("moe_layers", { listed.contains($0) }) }
    }
    return value(["interleave_moe_layer_step"], ExpertKeys.every).map { step in
      ("interleave_moe_layer_step", { ($0 + 1) % step == 0 })
    }
  }
}
