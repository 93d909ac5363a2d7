// The family of a configuration, and what no family of ours has: refused by key and reason, so that
// no model is counted as another one.

import Text

extension ConfigReader {
  /// The family; nil, with a problem reported, if it is unknown.
  func family() -> ConfigFamily? {
    // A wrapper around a text model may leave the type to its own level.
    let inner = prefix.isEmpty ? nil : present(["model_type"]).map { ($0.node, path("model_type")) }
    let outer = root.node(at: "model_type").flatMap { $0.isNull ? nil : ($0, "model_type") }
    guard let (type, key) = inner ?? outer else {
      problems.add(path("model_type"), "is required", allowed: Self.known)
      return nil
    }
    let word = type.words.hasSuffix("_text") ? String(type.words.dropLast(5)) : type.words
    guard let family = ConfigFamily(rawValue: word) else {
      let names = ConfigFamily.allCases.map(\.rawValue)
      problems.add(
        ValueProblem(
          "\(quoted(type.words)) is not a known type: describe the model with native keys",
          allowed: Self.known, suggestion: nearest(to: word, among: names)), key)
      return nil
    }
    return family
  }

  private static let known =
    "known: " + ConfigFamily.allCases.map(\.rawValue).joined(separator: ", ")

  /// Reports keys of models that are not described; returns whether there are any.
  func refuseUnmodelled() -> Bool {
    let before = problems.diagnostics.count
    for (name, reason) in [
      ("compress_ratios", "compressed attention (DeepSeek-V4) is not modelled"),
      ("linear_attn_config", "linear attention (Kimi-K3) is not modelled"),
      ("sparse_attention_config", "block-sparse attention (MiniMax-M3) is not modelled"),
    ] {
      if let (_, value) = present([name]) { refuse(name, value, reason) }
    }
    refuseEntries("layer_types", "linear attention (Qwen3.5) is not modelled") {
      $0 == "linear_attention"
    }
    refuseEntries("attn_type_list", "linear attention is not modelled") { $0 != "1" }
    refuseEntries("indexer_types", "layers that share an indexer (GLM-5.2) are not modelled") {
      $0 != "full"
    }
    for (name, reason, allowed) in [
      ("mlp_bias", "biases of feed-forward layers are not modelled", "false"),
      ("shared_intermediate_size", "a shared expert beside these is not modelled", "0"),
      ("mtp_transformer_layers", "MTP modules of several layers are not modelled", "1"),
    ] {
      if let (_, value) = present([name]), value.words != allowed {
        refuse(name, value, reason, allowed: "expected: \(allowed)")
      }
    }
    return problems.diagnostics.count > before
  }

  /// Reports the first entry of a list that is refused, with its index.
  private func refuseEntries(
    _ name: String, _ reason: String, where isRefused: (String) -> Bool
  ) {
    guard let (_, value) = present([name]), case .sequence(let items) = value.content,
      let index = items.firstIndex(where: { isRefused($0.words) })
    else { return }
    problems.add(
      ValueProblem("\(quoted(items[index].words)): \(reason)"), path("\(name)[\(index)]"),
      at: items[index].place)
  }
}
