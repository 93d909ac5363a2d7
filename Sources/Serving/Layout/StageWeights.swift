// Bytes of weights and of a token's cache on one GPU of each stage. Exact integers, from the lists
// of WeightTensors that parameters are counted from.

import ModelCost

/// What one GPU of a stage holds.
package struct StageWeights: Hashable, Sendable {
  /// The layers of the stage.
  package var layers: Range<Int>
  /// Bytes of weights.
  package var weights: Int
  /// Bytes of one token in the caches of the stage's layers, drafts included.
  package var cachePerToken: Int

  /// - Parameters:
  ///   - layout: how GPUs share layers, tensors and experts.
  ///   - model: the model that is served.
  ///   - scheme: how weights are stored.
  ///   - cache: format of the KV cache.
  ///   - redundant: slots for experts beyond one for each.
  ///   - drafts: MTP modules that run.
  ///   - absorbedCopy: whether a copy of MLA's up-projection of latents in BF16 is kept.
  /// - Precondition: the layout has no obstacles.
  package static func stages(
    of layout: InferenceLayout, _ model: ModelSpec, scheme: WeightScheme, cache: CacheFormat,
    redundant: Int = 0, drafts: Int = 0, absorbedCopy: Bool = false
  ) -> [StageWeights] {
    let share = layout.weightShare(of: model, redundant: redundant)
    let ranges = layout.layerRanges(of: model.layers)
    let perLayer = model.tensorShare(layout.tensor).cacheBytesPerLayer(cache)
    func bytes(_ kinds: [LayerKind]) -> Int {
      kinds.reduce(0) { $0 + scheme.bytes(of: model.weights(of: $1, share)) }
    }
    // Layers of one kind are alike.
    let ofKind = LayerKind.layers.map { bytes([$0]) }
    let copy = absorbedCopy ? absorbedBytes(model, tensor: layout.tensor) : 0
    return ranges.enumerated().map { stage, range in
      let isLast = stage == ranges.count - 1
      let modules = isLast ? drafts : 0
      let kinds =
        range.map(model.kind(ofLayer:)) + Array(repeating: model.mtpLayerKind, count: modules)
      var sum = kinds.reduce(0) { sum, kind in
        sum + (LayerKind.layers.firstIndex(of: kind).map { ofKind[$0] } ?? 0) + copy
      }
      sum += bytes(Array(repeating: .mtp, count: modules))
      // A draft reads the embedding too, and a tied head is the embedding's matrix.
      let hasHead = isLast
      let readsEmbedding = stage == 0 || modules > 0 || (hasHead && model.tiesEmbedding)
      if readsEmbedding { sum += bytes([.embedding]) }
      if hasHead {
        let head = model.weights(of: .head, share).filter {
          !model.tiesEmbedding || $0.division == .whole
        }
        sum += scheme.bytes(of: head)
      }
      return StageWeights(
        layers: range, weights: sum, cachePerToken: perLayer * kinds.count)
    }
  }

  /// A layer's copy of the up-projection of latents, for the heads of one GPU.
  private static func absorbedBytes(_ model: ModelSpec, tensor: Int) -> Int {
    guard case .latent(let latent) = model.attention else { return 0 }
    return 2 * (latent.heads / tensor) * (latent.nopeHead + latent.valueHead) * latent.kvRank
  }
}

extension InferenceLayout {
  /// Layers of each stage so that the heaviest stage is as light as possible.
  ///
  /// - Precondition: the layout has no obstacles.
  func evenPartition(of model: ModelSpec, scheme: WeightScheme, redundant: Int) -> [Int] {
    let share = weightShare(of: model, redundant: redundant)
    func bytes(_ kind: LayerKind) -> Int { scheme.bytes(of: model.weights(of: kind, share)) }
    let ofKind = LayerKind.layers.map(bytes)
    var weights = model.layerKinds.map { kind in
      LayerKind.layers.firstIndex(of: kind).map { ofKind[$0] } ?? 0
    }
    weights[0] += bytes(.embedding)
    weights[model.layers - 1] += bytes(.head)
    var (low, high) = (0, weights.reduce(0, +))
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if filled(weights, limit: middle) == nil { low = middle } else { high = middle }
    }
    return filled(weights, limit: high) ?? layerCounts(of: model.layers)
  }

  /// Layers of each stage, as many from the front as weigh at most `limit`; nil if some are left.
  private func filled(_ weights: [Int], limit: Int) -> [Int]? {
    var counts: [Int] = []
    var (next, left) = (0, weights.count)
    for stage in 0..<pipeline {
      var (count, sum) = (0, 0)
      // Each later stage needs a layer.
      while left > pipeline - 1 - stage, count == 0 || sum + weights[next] <= limit {
        sum += weights[next]
        (next, left, count) = (next + 1, left - 1, count + 1)
      }
      if sum > limit { return nil }
      counts.append(count)
    }
    return left == 0 ? counts : nil
  }
}
