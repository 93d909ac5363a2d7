// Attention of a configuration: latent or grouped, its indexer, and the layers with a window.

import ModelCost

extension ConfigReader {
  /// Attention of a layer; nil, with problems reported, if it is invalid.
  func attention(_ family: ConfigFamily, _ hidden: Int?) -> AttentionSpec? {
    let heads = value(["num_attention_heads"], AttentionKeys.heads)
    if family.isLatent || present(["kv_lora_rank"]) != nil {
      return latent(family, heads).map(AttentionSpec.latent)
    }
    return grouped(family, heads, hidden).map(AttentionSpec.grouped)
  }

  private func latent(_ family: ConfigFamily, _ heads: Int?) -> LatentAttention? {
    if let (name, bias) = present(["attention_bias"]), bias.words != "false" {
      refuse(
        name, bias, "biases of latent attention are not modelled", allowed: "expected: false")
    }
    let hasQueryRank = present(["q_lora_rank"]) != nil
    let queryRank: Int? =
      hasQueryRank ? value(["q_lora_rank"], AttentionKeys.kvRank.declaration.kind) : nil
    let kvRank = value(["kv_lora_rank"], AttentionKeys.kvRank)
    let nopeHead = value(["qk_nope_head_dim"], AttentionKeys.nopeHead)
    let ropeHead = value(["qk_rope_head_dim"], AttentionKeys.ropeHead)
    let valueHead = value(["v_head_dim"], AttentionKeys.valueHead)
    let hasIndexer = family.hasIndexer || present(["index_topk"]) != nil
    let indexer = hasIndexer ? self.indexer() : nil
    guard let heads, let kvRank, let nopeHead, let ropeHead, let valueHead,
      (queryRank != nil) == hasQueryRank, (indexer != nil) == hasIndexer
    else { return nil }
    return LatentAttention(
      heads: heads, queryRank: queryRank, kvRank: kvRank, nopeHead: nopeHead,
      ropeHead: ropeHead, valueHead: valueHead, indexer: indexer)
  }

  private func indexer() -> SparseIndexer? {
    let topK = value(["index_topk"], IndexerKeys.topK)
    let heads = value(["index_n_heads"], IndexerKeys.heads)
    let headSize = value(["index_head_dim"], IndexerKeys.headSize)
    guard let topK, let heads, let headSize else { return nil }
    return SparseIndexer(heads: heads, headSize: headSize, topK: topK)
  }

  private func grouped(
    _ family: ConfigFamily, _ heads: Int?, _ hidden: Int?
  ) -> GroupedAttention? {
    let kvHeads = heads.flatMap {
      value(["num_key_value_heads"], AttentionKeys.kvHeads, fallback: $0)
    }
    let headSize = heads.flatMap { self.headSize($0, hidden) }
    let bias = family == .qwen2 ? true : flag("attention_bias")
    let norm = queryKeyNorm(family)
    guard let heads, let kvHeads, let headSize, let bias, let norm else { return nil }
    return GroupedAttention(
      heads: heads, kvHeads: kvHeads, headSize: headSize, hasBias: bias,
      hasOutputBias: bias && family.biasesOutput, queryKeyNorm: norm, hasSinks: family == .gptOSS)
  }

  private func headSize(_ heads: Int, _ hidden: Int?) -> Int? {
    if present(["head_dim"]) != nil { return value(["head_dim"], AttentionKeys.headSize) }
    guard let hidden else { return nil }
    guard hidden % heads == 0 else {
      problems.add(
        path("head_dim"),
        "is required: the \(heads) heads do not divide the hidden size \"\(hidden)\"")
      return nil
    }
    return hidden / heads
  }

  /// Norms with weights; those of Llama 4 have none.
  private func queryKeyNorm(_ family: ConfigFamily) -> GroupedAttention.QueryKeyNorm? {
    switch family {
    case .qwen3MoE: return .perHead
    case .glm4MoE: return flag("use_qk_norm").map { $0 ? .perHead : .without }
    case .miniMaxM2:
      let type: GroupedAttention.QueryKeyNorm? = value(
        ["qk_norm_type"], .choice(["per_layer", "per_head"]), fallback: .perLayer)
      return flag("use_qk_norm", fallback: true).flatMap { $0 ? type : .without }
    default: return .without
    }
  }
}

extension ConfigReader {
  /// The layers with a window; nil if there are none, or for an invalid one, which is reported.
  func window(_ family: ConfigFamily, _ layers: Int) -> AttentionWindow? {
    let kinds: [String]? = list("layer_types", of: .choice(Self.layerTypes), layers)
    if family == .qwen2 || family == .qwen3MoE {
      guard flag("use_sliding_window") == true else { return nil }
    }
    guard let kinds else {
      return present(["layer_types"]) == nil ? windowWithoutTypes(family, layers) : nil
    }
    let windowed = kinds.filter { $0 != Self.layerTypes[0] }
    guard let first = windowed.first else { return nil }
    guard windowed.allSatisfy({ $0 == first }) else {
      problems.add(
        path("layer_types"), "has sliding and chunked windows: only one kind is modelled")
      return nil
    }
    let isChunked = first == Self.layerTypes[2]
    return window(isChunked ? "attention_chunk_size" : "sliding_window", isChunked, layers) {
      kinds[$0] == first
    }
  }

  private static let layerTypes = ["full_attention", "sliding_attention", "chunked_attention"]

  private func windowWithoutTypes(_ family: ConfigFamily, _ layers: Int) -> AttentionWindow? {
    switch family {
    case .gptOSS: return window("sliding_window", false, layers) { $0 % 2 == 0 }
    case .llama4:
      guard present(["attention_chunk_size"]) != nil else { return nil }
      var rotary: [Int] = []
      if case .sequence(let items) = present(["no_rope_layers"])?.node.content, !items.isEmpty {
        guard let written: [Int] = list("no_rope_layers", of: .integer(0...1), layers) else {
          return nil
        }
        rotary = written
      }
      // Without a list, every fourth layer has neither rotary positions nor chunks.
      return window("attention_chunk_size", true, layers) {
        rotary.isEmpty ? $0 % 4 != 3 : rotary[$0] == 1
      }
    case .qwen2:
      guard let full: Int = value(["max_window_layers"], .integer(0...1024)) else { return nil }
      return window("sliding_window", false, layers) { $0 >= full }
    case .qwen3MoE: return window("sliding_window", false, layers) { _ in true }
    case .mixtral, .miniMaxM2:
      guard present(["sliding_window"]) != nil else { return nil }
      return window("sliding_window", false, layers) { _ in true }
    default:
      if let (name, tokens) = present(["sliding_window"]) {
        refuse(
          name, tokens, "no layer of a \(family.rawValue) has a window",
          allowed: "expected: null, or layer_types")
      }
      return nil
    }
  }

  private func window(
    _ name: String, _ isChunked: Bool, _ layers: Int, where hasWindow: (Int) -> Bool
  ) -> AttentionWindow? {
    value([name], WindowKeys.tokens).map { tokens in
      AttentionWindow(
        tokens: tokens, isChunked: isChunked, layers: LayerChoice(of: layers, where: hasWindow))
    }
  }
}
