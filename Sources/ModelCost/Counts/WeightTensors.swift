// Every tensor of weights of each kind of block, on one GPU or whole. Parameters, bytes in any
// format and shares of GPUs are sums over these lists.
//
// Megatron-LM divides the outputs of the first products of a block between the GPUs of a tensor
// group, and the inputs of the last one. Norms, MLA's down-projections, the router, the indexer and
// biases of outputs are whole on each.
//
// Legend: d hidden size, H heads, rq/rkv low ranks of MLA, dn/dr/dv head sizes.

/// A matrix of weights [rows, columns] that multiplies inputs of `columns` elements, or a vector of
/// `columns` elements.
package struct WeightTensor: Hashable, Sendable {
  /// What the GPUs of a tensor group hold.
  package enum Division: Hashable, Sendable {
    /// Each GPU has a part, or all of it.
    case divided
    case whole
    /// Routed experts, which have groups of their own.
    case experts
  }

  /// Name within the block, for lists.
  package var name: String
  /// Outputs, or 1.
  package var rows: Int
  /// Inputs.
  package var columns: Int
  /// Number of equal tensors: one for each expert.
  package var count = 1
  package var division: Division
  /// When it is in a narrow format, if any weights are.
  package var narrowing = Narrowing.never

  /// When a tensor is in a narrow format.
  package enum Narrowing: Hashable, Sendable {
    /// Vectors, the router and the ends of the model stay in BF16.
    case never
    /// In products of training, but not in published files.
    case inTraining
    case always
  }

  /// Numbers in all of its copies.
  package var elements: Int { rows * columns * count }
}

/// The GPUs that share a model's weights.
package struct WeightShare: Hashable, Sendable {
  /// GPUs that share heads and widths.
  package var tensor: Int
  /// Routed experts of a layer on one GPU; nil for all.
  package var localExperts: Int?
  /// GPUs that share each routed expert's width.
  package var expertTensor: Int

  package init(tensor: Int = 1, localExperts: Int? = nil, expertTensor: Int = 1) {
    self.tensor = tensor
    self.localExperts = localExperts
    self.expertTensor = expertTensor
  }

  /// One GPU holds everything.
  package static let whole = WeightShare()
}

extension ModelSpec {
  /// The weights of a kind of block on one GPU. The head's matrix is listed whether or not it is
  /// the embedding's; an MTP module's list lacks its layer, embedding and head.
  package func weights(of kind: LayerKind, _ share: WeightShare = .whole) -> [WeightTensor] {
    let part = tensorShare(share.tensor)
    switch kind {
    case .embedding: return [part.vocabularyMatrix("embedding")]
    case .head: return [norm("final norm"), part.vocabularyMatrix("head")]
    case .mtp:
      return [
        norm("hidden norm"), norm("embedding norm"),
        WeightTensor(
          name: "mtp projection", rows: hidden / share.tensor, columns: 2 * hidden,
          division: .divided, narrowing: .inTraining),
        norm("final norm"),
      ]
    case .dense, .denseWindowed:
      return part.attentionWeights + [norm("ffn norm")]
        + part.feedForward("", width: part.denseIntermediate, .divided)
    case .moe, .moeWindowed:
      return part.attentionWeights + [norm("ffn norm")] + part.routerWeights
        + part.feedForward("shared ", width: part.experts?.sharedWidth ?? 0, .divided)
        + expertWeights(share)
    }
  }

  private func norm(_ name: String) -> WeightTensor {
    WeightTensor(name: name, rows: 1, columns: hidden, division: .whole)
  }

  private func vocabularyMatrix(_ name: String) -> WeightTensor {
    WeightTensor(name: name, rows: vocabulary, columns: hidden, division: .divided)
  }

  private func linear(
    _ name: String, rows: Int, columns: Int, _ division: WeightTensor.Division = .divided
  ) -> WeightTensor {
    WeightTensor(name: name, rows: rows, columns: columns, division: division, narrowing: .always)
  }

  private func vector(
    _ name: String, _ elements: Int, _ division: WeightTensor.Division
  ) -> WeightTensor {
    WeightTensor(name: name, rows: 1, columns: elements, division: division)
  }

  private func feedForward(
    _ prefix: String, width: Int, _ division: WeightTensor.Division
  ) -> [WeightTensor] {
    guard width > 0 else { return [] }
    return [
      linear(prefix + "gate, up", rows: 2 * width, columns: hidden, division),
      linear(prefix + "down", rows: hidden, columns: width, division),
    ]
  }

  /// Weights of attention, its norm first.
  private var attentionWeights: [WeightTensor] {
    [norm("attention norm")] + attentionInnerWeights
  }

  /// Weights of attention without the norm before it.
  var attentionInnerWeights: [WeightTensor] {
    switch attention {
    case .latent(let mla): latentWeights(mla)
    case .grouped(let gqa): groupedWeights(gqa)
    }
  }

  private func latentWeights(_ mla: LatentAttention) -> [WeightTensor] {
    let query = mla.heads * mla.queryHead
    let queries =
      mla.queryRank.map { rank in
        [
          linear("q_a", rows: rank, columns: hidden, .whole), vector("q norm", rank, .whole),
          linear("q_b", rows: query, columns: rank),
        ]
      } ?? [linear("q", rows: query, columns: hidden)]
    return queries + [
      linear("kv_a", rows: mla.kvRank + mla.ropeHead, columns: hidden, .whole),
      vector("kv norm", mla.kvRank, .whole),
      linear(
        "kv_b", rows: mla.heads * (mla.nopeHead + mla.valueHead), columns: mla.kvRank),
      linear("o", rows: hidden, columns: mla.heads * mla.valueHead),
    ] + (mla.indexer.map { indexerWeights($0, mla) } ?? [])
  }

  /// The indexer's queries come from the query latent; its scores of heads stay in BF16.
  private func indexerWeights(
    _ indexer: SparseIndexer, _ mla: LatentAttention
  ) -> [WeightTensor] {
    [
      linear(
        "indexer q", rows: indexer.heads * indexer.headSize, columns: mla.queryRank ?? hidden,
        .whole),
      linear("indexer k", rows: indexer.headSize, columns: hidden, .whole),
      vector("indexer norm", 2 * indexer.headSize, .whole),
      WeightTensor(
        name: "indexer weights", rows: indexer.heads, columns: hidden, division: .whole),
    ]
  }

  private func groupedWeights(_ gqa: GroupedAttention) -> [WeightTensor] {
    var weights = [
      linear("qkv", rows: gqa.projectionWidth, columns: hidden),
      linear("o", rows: hidden, columns: gqa.heads * gqa.headSize),
    ]
    if gqa.hasBias { weights.append(vector("qkv bias", gqa.projectionWidth, .divided)) }
    if gqa.hasOutputBias { weights.append(vector("o bias", hidden, .whole)) }
    switch gqa.queryKeyNorm {
    case .without: break
    case .perHead: weights.append(vector("q, k norms", 2 * gqa.headSize, .whole))
    case .perLayer:
      weights.append(vector("q, k norms", (gqa.heads + gqa.kvHeads) * gqa.headSize, .divided))
    }
    if gqa.hasSinks { weights.append(vector("sinks", gqa.heads, .divided)) }
    return weights
  }

  private var routerWeights: [WeightTensor] {
    guard let experts else { return [] }
    let router = WeightTensor(
      name: "router", rows: experts.routed, columns: hidden, division: .whole)
    let hasBias = experts.hasSelectionBias || experts.hasBias
    return [router] + (hasBias ? [vector("router bias", experts.routed, .whole)] : [])
  }

  private func expertWeights(_ share: WeightShare) -> [WeightTensor] {
    guard let experts else { return [] }
    let width = experts.intermediate / share.expertTensor
    var weights = feedForward("expert ", width: width, .experts)
    if experts.hasBias {
      weights.append(vector("expert gate, up bias", 2 * width, .experts))
      weights.append(vector("expert down bias", hidden, .experts))
    }
    for index in weights.indices { weights[index].count = share.localExperts ?? experts.routed }
    return weights
  }
}

extension [WeightTensor] {
  /// Numbers in all tensors.
  package var elements: Int { reduce(0) { $0 + $1.elements } }

  /// Numbers in the tensors of a division.
  package func elements(_ division: WeightTensor.Division) -> Int {
    reduce(0) { $0 + ($1.division == division ? $1.elements : 0) }
  }

  /// Numbers in matrices: all but norms and biases.
  var productElements: Int { reduce(0) { $0 + ($1.rows > 1 ? $1.elements : 0) } }
}
