// Resolves inline descriptions of models.

import Cluster
import Facts
import ModelCost

extension EntryResolver {
  /// The model; nil if any part of it is invalid.
  func model(_ written: NameOrFields) -> ModelSpec? {
    switch written {
    case .name(let name): return ModelSpec.catalogue.first { $0.name == name }
    case .fields(let f):
      guard !f.isRefused(ModelKeys.base) else { return nil }
      return model(
        f,
        base: f.given(ModelKeys.base).flatMap { name in
          ModelSpec.catalogue.first { $0.name == name }
        })
    }
  }

  private func model(_ f: Fields, base: ModelSpec?) -> ModelSpec? {
    let path = "model"
    let name = need(f, ModelKeys.name, changed(base?.name), path)
    let hidden = need(f, ModelKeys.hidden, base?.hidden, path)
    let layers = need(f, ModelKeys.layers, base?.layers, path)
    let vocabulary = need(f, ModelKeys.vocabulary, base?.vocabulary, path)
    let intermediate = need(f, ModelKeys.denseIntermediate, base?.denseIntermediate, path)
    let mtpModules = need(f, ModelKeys.mtpModules, base?.mtpModules, path)
    let tied = need(f, ModelKeys.tiedEmbedding, base?.tiesEmbedding ?? false, path)
    let attention = self.attention(f, base)
    let (window, isWindowValid) = self.window(f, base)
    let (experts, areExpertsValid) = self.experts(f, base)
    guard let name, let hidden, let layers, let vocabulary, let intermediate, let mtpModules,
      let tied, let attention, isWindowValid, areExpertsValid
    else { return nil }
    let source = FieldSource.scenario
    return ModelSpec(
      name: name, hidden: hidden, layers: layers, vocabulary: vocabulary,
      attention: attention, window: window, denseIntermediate: intermediate,
      experts: experts, mtpModules: mtpModules, tiesEmbedding: tied,
      weights: base?.weights ?? .bf16,
      source: base.map { source + SourceText(words: ", base \($0.name)") } ?? source)
  }

  private func attention(_ model: Fields, _ base: ModelSpec?) -> AttentionSpec? {
    if base != nil && !model.isWritten(ModelKeys.attention) { return base?.attention }
    guard let fields = need(model, ModelKeys.attention, nil, "model") else { return nil }
    if let f = fields.given(AttentionKeys.latent) {
      return latent(f, base?.attention).map(AttentionSpec.latent)
    }
    return fields.given(AttentionKeys.grouped).flatMap {
      grouped($0, base?.attention).map(AttentionSpec.grouped)
    }
  }

  private func latent(_ f: Fields, _ attention: AttentionSpec?) -> LatentAttention? {
    var base: LatentAttention?
    if case .latent(let latent) = attention { base = latent }
    let path = "model.attention.latent"
    let heads = need(f, AttentionKeys.heads, base?.heads, path)
    let queryRank = need(f, AttentionKeys.queryRank, base.map { OrNone($0.queryRank) }, path)
    let kvRank = need(f, AttentionKeys.kvRank, base?.kvRank, path)
    let nopeHead = need(f, AttentionKeys.nopeHead, base?.nopeHead, path)
    let ropeHead = need(f, AttentionKeys.ropeHead, base?.ropeHead, path)
    let valueHead = need(f, AttentionKeys.valueHead, base?.valueHead, path)
    guard let heads, let queryRank, let kvRank, let nopeHead, let ropeHead, let valueHead else {
      return nil
    }
    return LatentAttention(
      heads: heads, queryRank: queryRank.value, kvRank: kvRank, nopeHead: nopeHead,
      ropeHead: ropeHead, valueHead: valueHead)
  }

  private func grouped(_ f: Fields, _ attention: AttentionSpec?) -> GroupedAttention? {
    var base: GroupedAttention?
    if case .grouped(let grouped) = attention { base = grouped }
    let path = "model.attention.grouped"
    let heads = need(f, AttentionKeys.heads, base?.heads, path)
    let kvHeads = need(f, AttentionKeys.kvHeads, base?.kvHeads, path)
    let headSize = need(f, AttentionKeys.headSize, base?.headSize, path)
    let bias = need(f, AttentionKeys.bias, base?.hasBias ?? false, path)
    let outputBias = need(f, AttentionKeys.outputBias, base?.hasOutputBias ?? false, path)
    let norm = need(f, AttentionKeys.queryKeyNorm, base?.queryKeyNorm ?? .without, path)
    let sinks = need(f, AttentionKeys.sinks, base?.hasSinks ?? false, path)
    guard let heads, let kvHeads, let headSize, let bias, let outputBias, let norm, let sinks
    else { return nil }
    return GroupedAttention(
      heads: heads, kvHeads: kvHeads, headSize: headSize, hasBias: bias,
      hasOutputBias: outputBias, queryKeyNorm: norm, hasSinks: sinks)
  }

  private func window(
    _ model: Fields, _ base: ModelSpec?
  ) -> (AttentionWindow?, isValid: Bool) {
    guard !model.isRefused(ModelKeys.window) else { return (nil, false) }
    guard let written = model.given(ModelKeys.window) else { return (base?.window, true) }
    guard case .some(let f) = written else { return (nil, true) }
    let layers = choice(
      f, first: WindowKeys.first, every: WindowKeys.every, list: WindowKeys.layers,
      "model.window")
    guard let tokens = f.given(WindowKeys.tokens), let chunked = f.value(WindowKeys.chunked),
      let layers
    else { return (nil, false) }
    return (AttentionWindow(tokens: tokens, isChunked: chunked, layers: layers), true)
  }

  /// A choice of layers: those of a list, or every n-th after the first ones; nil if it is invalid.
  private func choice(
    _ f: Fields, first: Key<Int>, every: Key<Int>, list: Key<[Int]>, base: LayerChoice? = nil,
    _ path: String
  ) -> LayerChoice? {
    guard !f.isRefused(list) else { return nil }
    if let listed = f.given(list) {
      for key in [first, every] where f.isWritten(key) {
        problems.add(
          join(path, key.name), "is not used beside a list of layers",
          allowed: "expected: \(list.name), or \(first.name) and \(every.name)")
      }
      return .listed(listed.sorted())
    }
    var (step, start) = (every.fallback, first.fallback)
    if case .every(let baseStep, let baseStart) = base { (step, start) = (baseStep, baseStart) }
    guard !f.isRefused(first), !f.isRefused(every), let step = f.given(every) ?? step,
      let start = f.given(first) ?? start
    else { return nil }
    return .every(step, from: start)
  }

  private func experts(_ model: Fields, _ base: ModelSpec?) -> (ExpertSpec?, isValid: Bool) {
    if base != nil && !model.isWritten(ModelKeys.experts) { return (base?.experts, true) }
    switch need(model, ModelKeys.experts, nil, "model") {
    case nil: return (nil, false)
    case .some(.none): return (nil, true)
    case .some(.some(let fields)):
      let experts = self.experts(fields, base?.experts)
      return (experts, experts != nil)
    }
  }

  private func experts(_ f: Fields, _ base: ExpertSpec?) -> ExpertSpec? {
    let path = "model.experts"
    let layers = expertLayers(f, base)
    let routed = need(f, ExpertKeys.routed, base?.routed, path)
    let shared = need(f, ExpertKeys.shared, base?.shared, path)
    let topK = need(f, ExpertKeys.topK, base?.topK, path)
    let intermediate = need(f, ExpertKeys.intermediate, base?.intermediate, path)
    let groups = need(f, ExpertKeys.groups, base?.groups, path)
    let groupLimit = need(f, ExpertKeys.groupLimit, base?.groupLimit, path)
    let gate = need(f, ExpertKeys.gate, base?.gate, path)
    let selectionBias = need(f, ExpertKeys.selectionBias, base?.hasSelectionBias, path)
    let bias = need(f, ExpertKeys.bias, base?.hasBias ?? false, path)
    guard !f.isRefused(ExpertKeys.sharedIntermediate), let layers, let routed, let shared,
      let topK, let intermediate, let groups, let groupLimit, let gate, let selectionBias, let bias
    else { return nil }
    // A base whose shared experts are as wide as its routed ones keeps that.
    let ownWidth = base.flatMap {
      $0.sharedIntermediate == $0.intermediate ? nil : $0.sharedIntermediate
    }
    return ExpertSpec(
      layers: layers, routed: routed, shared: shared,
      sharedIntermediate: f.given(ExpertKeys.sharedIntermediate) ?? ownWidth, topK: topK,
      intermediate: intermediate, groups: groups, groupLimit: groupLimit, gate: gate,
      hasSelectionBias: selectionBias, hasBias: bias)
  }

  private func expertLayers(_ f: Fields, _ base: ExpertSpec?) -> LayerChoice? {
    if !f.isWritten(ExpertKeys.layers), !f.isWritten(ExpertKeys.denseLayers) {
      guard let base else {
        problems.add(
          "model.experts.dense_layers", "is required", allowed: "for example: dense_layers: 1")
        return nil
      }
      if !f.isWritten(ExpertKeys.every) { return base.layers }
    }
    return choice(
      f, first: ExpertKeys.denseLayers, every: ExpertKeys.every, list: ExpertKeys.layers,
      base: base?.layers, "model.experts")
  }
}
