// Resolves inline descriptions of models.

import Cluster
import Facts
import ModelCost

/// A model with the texts that describe it outside of the scenario.
struct ResolvedModel {
  var model: ModelSpec
  /// Content of other files, recorded with the scenario's text.
  var remarks: [String] = []
}

extension EntryResolver {
  /// The model; nil if any part of it is invalid.
  ///
  /// - Parameter folder: folder of the scenario; the names of files are relative to it.
  func model(_ written: NameOrFields, folder: String) -> ResolvedModel? {
    switch written {
    case .name(let name): return catalogueModel(name).map { ResolvedModel(model: $0) }
    case .fields(let f):
      guard !f.isRefused(ModelKeys.base), !f.isRefused(ModelKeys.config) else { return nil }
      guard let config = f.given(ModelKeys.config) else {
        let base = f.given(ModelKeys.base).flatMap(catalogueModel)
        return model(f, base: base, baseName: changed(base?.name)).map { ResolvedModel(model: $0) }
      }
      let start = ModelConfig.named(config, folder: folder, beside: f, problems)
      guard let start else { return nil }
      let own = start.model.name
      let model = self.model(
        f, base: start.model, baseName: f.names == [ModelKeys.config.name] ? own : changed(own))
      return model.map { ResolvedModel(model: $0, remarks: start.remarks) }
    }
  }

  private func catalogueModel(_ name: String) -> ModelSpec? {
    ModelSpec.catalogue.first { $0.name == name }
  }

  private func model(_ f: Fields, base: ModelSpec?, baseName: String?) -> ModelSpec? {
    let path = "model"
    let name = need(f, ModelKeys.name, baseName, path)
    let hidden = need(f, ModelKeys.hidden, base?.hidden, path)
    let layers = need(f, ModelKeys.layers, base?.layers, path)
    let vocabulary = need(f, ModelKeys.vocabulary, base?.vocabulary, path)
    let intermediate = need(f, ModelKeys.denseIntermediate, base?.denseIntermediate, path)
    let mtpModules = need(f, ModelKeys.mtpModules, base?.mtpModules, path)
    let tied = need(f, ModelKeys.tiedEmbedding, base?.tiesEmbedding ?? false, path)
    let attention = self.attention(f, base)
    let (window, isWindowValid) = self.window(f, base)
    let (experts, areExpertsValid) = self.experts(f, base)
    let weights = self.weights(f, base)
    guard let name, let hidden, let layers, let vocabulary, let intermediate, let mtpModules,
      let tied, let attention, let weights, isWindowValid, areExpertsValid
    else { return nil }
    let source = FieldSource.scenario
    return ModelSpec(
      name: name, hidden: hidden, layers: layers, vocabulary: vocabulary,
      attention: attention, window: window, denseIntermediate: intermediate,
      experts: experts, mtpModules: mtpModules, tiesEmbedding: tied, weights: weights,
      source: base.map { source + SourceText(words: ", base \($0.name)") } ?? source)
  }

  private func weights(_ model: Fields, _ base: ModelSpec?) -> WeightScheme? {
    guard !model.isRefused(ModelKeys.weights) else { return nil }
    guard let f = model.given(ModelKeys.weights) else { return base?.weights ?? .bf16 }
    let path = "model.weights"
    let format = need(f, WeightKeys.format, base?.weights.format, path)
    let covers = need(f, WeightKeys.covers, base?.weights.coverage ?? .linear, path)
    guard let format, let covers else { return nil }
    return WeightScheme(format, covers)
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
    let (indexer, isIndexerValid) = self.indexer(f, base?.indexer)
    guard let heads, let queryRank, let kvRank, let nopeHead, let ropeHead, let valueHead,
      isIndexerValid
    else { return nil }
    return LatentAttention(
      heads: heads, queryRank: queryRank.value, kvRank: kvRank, nopeHead: nopeHead,
      ropeHead: ropeHead, valueHead: valueHead, indexer: indexer)
  }

  private func indexer(
    _ latent: Fields, _ base: SparseIndexer?
  ) -> (SparseIndexer?, isValid: Bool) {
    guard !latent.isRefused(AttentionKeys.indexer) else { return (nil, false) }
    guard let written = latent.given(AttentionKeys.indexer) else { return (base, true) }
    guard case .some(let f) = written else { return (nil, true) }
    let path = "model.attention.latent.indexer"
    let heads = need(f, IndexerKeys.heads, base?.heads, path)
    let headSize = need(f, IndexerKeys.headSize, base?.headSize, path)
    let topK = need(f, IndexerKeys.topK, base?.topK, path)
    guard let heads, let headSize, let topK else { return (nil, false) }
    return (SparseIndexer(heads: heads, headSize: headSize, topK: topK), true)
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
