// Kernels of the attention part: norms, projections, the attention core, and the router.
//
// After a cached prefix, latent attention runs as in whole prompts, with keys and values of every
// head. The keys and values of the prefix are reconstructed from their latents, as in vLLM's
// chunked prefill. No dense kernel of the absorbed form is measured with many queries. Sparse
// attention to more tokens than it selects is absorbed: SparseAttentionKernels.
//
// Legend: d hidden, H heads, rq/rkv low ranks, dr rope head, dqk query head, dv value head.

extension LayerKernelBuilder {
  /// Adds the attention part of a layer and, if it has experts, the kernels up to the dispatch.
  func addAttention(to layer: inout LayerKernels, of kind: LayerKind) {
    let heads = AttentionHeads(model.attention)
    let keys = model.attendedKeys(of: kind)
    var forward = [norm("attention norm", width: hidden)]
    forward += cast(
      "attention input", rows: inputTokens, width: hidden, isRecomputed: recomputesNorms)
    forward += downProjections() + upProjections() + [rope(heads)] + indexerKernels()
    forward += absorbedCore() ?? prefix(heads) + [attentionCore(heads, keys)]
    forward += decodingCores(of: kind)
    forward += cast("attention output", width: heads.count * heads.value)
    forward += [gemm("o", n: hidden, k: heads.count * heads.value), add("attention residual")]
    layer[.attention, .forward] = forward

    layer[.attention, .backwardInput] = attentionBackward(heads, keys)
    layer[.attention, .backwardWeight] = attentionWeights(heads)
    if kind.hasExperts { addRouter(to: &layer) }
  }

  private func rope(_ heads: AttentionHeads) -> Kernel {
    // q is rotated in place (4 B per element); the shared key part is written once per head (2 B).
    let bytes = Double(heads.count * heads.rope) * 4 + Double(heads.keyCount * heads.rope) * 2
    return .memory("rope", .rope, tokens: work.promptTokens, bytesPerToken: bytes)
  }

  /// Tokens that the first projections read: MLA's down-projections are whole on every GPU of a
  /// tensor group, and read only the GPU's own tokens.
  private var inputTokens: Int {
    if case .latent(let mla) = model.attention, mla.queryRank != nil { ownTokens } else { tokens }
  }

  /// One block of causal attention, or one for each GPU that shares a sequence: every step of the
  /// ring has the FLOPs of one. If heads were exchanged for tokens, whole sequences of some heads.
  private func attentionCore(_ heads: AttentionHeads, _ keys: AttendedKeys) -> Kernel {
    let extent = attentionExtent(heads)
    return .attentionForward(
      sequences: extent.sequences, length: extent.length, cached: work.prefix?.tokens ?? 0,
      cachedBytes: cachedBytes, heads: extent.heads, keyHeads: extent.keyHeads,
      queryHead: heads.query, valueHead: heads.value
    ).attending(to: keys, of: work.sequenceLength, cachedBytes: cachedBytes)
      .times(work.sequenceShare)
  }

  /// Bytes of a cached number that the core reads: those of latents have been reconstructed.
  private var cachedBytes: Int {
    guard let prefix = work.prefix, case .grouped = model.attention else { return 2 }
    return prefix.format.precision.bytes
  }

  /// Attention of the sequences that decode in the same pass.
  private func decodingCores(of kind: LayerKind) -> [Kernel] {
    guard let decoding = work.decoding, decoding.tokens > 0 else { return [] }
    return DecodeKernelBuilder(share: model, work: decoding, beside: self).cores(of: kind)
  }

  private func attentionExtent(
    _ heads: AttentionHeads
  ) -> (sequences: Int, length: Int, heads: Int, keyHeads: Int) {
    let context = work.sharding.context
    return work.sharding.contextExchange == .headExchange
      ? (
        work.sequences, work.sequenceLength, heads.count / context,
        max(1, heads.keyCount / context)
      ) : (work.sequences * context, work.blockLength, heads.count, heads.keyCount)
  }

  /// Keys and values of a cached prefix, from the cache and the up-projection of its latents.
  private func prefix(_ heads: AttentionHeads) -> [Kernel] {
    guard let prefix = work.prefix, case .latent(let mla) = model.attention else { return [] }
    let rows = Int((Double(work.sequences * prefix.tokens) * work.sequenceShare).rounded())
    let latent = Double(mla.kvRank) * (usesFP8 ? 1 + 4.0 / 128 : 2)
    return [
      .memory(
        "latents of the prefix", .cast, tokens: rows,
        bytesPerToken: Double(mla.cacheBytes(prefix.format)) + latent),
      gemm(
        "kv_b of the prefix", rows: rows, n: mla.heads * (mla.nopeHead + mla.valueHead),
        k: mla.kvRank),
      .memory(
        "rotary keys of the prefix", .rope, tokens: rows,
        bytesPerToken: Double(heads.keyCount * heads.rope) * 2),
    ]
  }

  private func downProjections() -> [Kernel] {
    guard case .latent(let mla) = model.attention else { return [] }
    return [
      gemm(mla.downName, rows: ownTokens, n: mla.latentWidth + mla.ropeHead, k: hidden),
      norm("latent norms", width: mla.latentWidth),
    ] + cast("latents", width: mla.latentWidth, isRecomputed: recomputesNorms)
  }

  private func upProjections() -> [Kernel] {
    switch model.attention {
    case .latent(let mla):
      [gemm(mla.queryName, n: mla.heads * mla.queryHead, k: mla.queryRank ?? hidden)]
        + (absorbed == nil
          ? [
            gemm(
              "kv_b", rows: work.promptTokens, n: mla.heads * (mla.nopeHead + mla.valueHead),
              k: mla.kvRank)
          ] : [])
    case .grouped(let gqa):
      [gemm("qkv", n: gqa.projectionWidth, k: hidden)] + queryKeyNorms(gqa, bytes: 4)
    }
  }

  /// Norms of every query and key head.
  func queryKeyNorms(_ gqa: GroupedAttention, bytes: Int) -> [Kernel] {
    guard gqa.queryKeyNorm != .without else { return [] }
    let width = (gqa.heads + gqa.kvHeads) * gqa.headSize
    return [
      .memory(
        "q, k norms", .norm, tokens: tokens, bytesPerToken: Double(width * bytes))
    ]
  }

  private var recomputesNorms: Bool { activations.recompute.contains(.rmsnorm) }
  private var recomputesUpProjections: Bool {
    activations.recompute.contains(.attentionUpProjection)
  }

  /// Whether the normed input is projected to queries, without latents.
  private var projectsInput: Bool {
    if case .latent(let mla) = model.attention { mla.queryRank == nil } else { true }
  }

  /// Casts of recomputed norms' outputs whose projections run again, for recipes that keep casts.
  private var inputsOfUpProjectionsAgain: [Kernel] {
    guard recomputesNorms, precision.recipe.keepsQuantisedInputs else { return [] }
    var kernels: [Kernel] = []
    if case .latent(let mla) = model.attention {
      kernels += cast("latents again", width: mla.latentWidth)
    }
    if projectsInput {
      kernels += cast("attention input again", rows: inputTokens, width: hidden)
    }
    return kernels
  }

  private func attentionBackward(_ heads: AttentionHeads, _ keys: AttendedKeys) -> [Kernel] {
    var kernels: [Kernel] = []
    if recomputesNorms {
      kernels.append(norm("attention norm again", width: hidden))
      if case .latent(let mla) = model.attention {
        kernels.append(norm("latent norms again", width: mla.latentWidth))
      }
    }
    if recomputesUpProjections {
      kernels += inputsOfUpProjectionsAgain + upProjections() + [rope(heads)]
    }
    let output = heads.count * heads.value
    kernels += castBothWays("gradient of o", width: hidden)
    kernels.append(gemm("o, input", n: output, k: hidden))
    kernels += attentionCoreBackward(heads, keys) + [rope(heads)]
    switch model.attention {
    case .latent(let mla):
      let query = mla.heads * mla.queryHead
      let keyValue = mla.heads * (mla.nopeHead + mla.valueHead)
      let latents = mla.latentWidth
      kernels += castBothWays(
        "gradients of q, k, v", width: query + (absorbed == nil ? keyValue : 0))
      kernels.append(gemm("\(mla.queryName), input", n: mla.queryRank ?? hidden, k: query))
      if absorbed == nil { kernels.append(gemm("kv_b, input", n: mla.kvRank, k: keyValue)) }
      kernels.append(normBackward("latent norms backward", width: latents))
      kernels += castBothWays(
        "gradient of latents", rows: ownTokens, width: latents + mla.ropeHead)
      kernels.append(
        gemm("\(mla.downName), input", rows: ownTokens, n: hidden, k: latents + mla.ropeHead))
    case .grouped(let gqa):
      kernels += queryKeyNorms(gqa, bytes: 6)
      kernels += castBothWays("gradients of q, k, v", width: gqa.projectionWidth)
      kernels.append(gemm("qkv, input", n: hidden, k: gqa.projectionWidth))
    }
    return kernels + [
      normBackward("attention norm backward", width: hidden), add("residual gradient"),
    ]
  }

  private func attentionCoreBackward(_ heads: AttentionHeads, _ keys: AttendedKeys) -> [Kernel] {
    let delta = Double(heads.count * heads.value) * 4
    let conversion = Double(heads.count * heads.query) * 6
    let extent = attentionExtent(heads)
    let core =
      absorbedCoreBackward() ?? [
        .attentionBackward(
          sequences: extent.sequences, length: extent.length, heads: extent.heads,
          keyHeads: extent.keyHeads, queryHead: heads.query, valueHead: heads.value
        ).attending(to: keys, of: work.sequenceLength)
      ]
    return [.memory("delta", .attentionSurround, tokens: tokens, bytesPerToken: delta)] + core + [
      .memory("dq conversion", .attentionSurround, tokens: tokens, bytesPerToken: conversion)
    ]
  }

  private func attentionWeights(_ heads: AttentionHeads) -> [Kernel] {
    let output = heads.count * heads.value
    var kernels = columns(
      "attention input", rows: inputTokens, width: hidden,
      isRecomputed: recomputesNorms && !(recomputesUpProjections && projectsInput))
    kernels += columns("attention output", width: output)
    kernels.append(weightGEMM("o, weight", n: hidden, k: output))
    switch model.attention {
    case .latent(let mla):
      let latents = mla.latentWidth
      kernels += columns(
        "latents", width: latents, isRecomputed: recomputesNorms && !recomputesUpProjections)
      kernels.append(
        weightGEMM(
          "\(mla.queryName), weight", n: mla.heads * mla.queryHead, k: mla.queryRank ?? hidden))
      kernels +=
        absorbedWeights() ?? [
          weightGEMM("kv_b, weight", n: mla.heads * (mla.nopeHead + mla.valueHead), k: mla.kvRank)
        ]
      kernels.append(
        weightGEMM(
          "\(mla.downName), weight", rows: ownTokens, n: latents + mla.ropeHead, k: hidden))
    case .grouped(let gqa):
      kernels.append(weightGEMM("qkv, weight", n: gqa.projectionWidth, k: hidden))
    }
    return kernels
  }

  /// The kernels between the norm before the experts and their dispatch.
  package var routing: [Kernel] {
    guard let experts = model.experts else { return [] }
    return [
      .routerGEMM("router", tokens: ownTokens, hidden: hidden, experts: experts.routed),
      .memory(
        "top-k", .router, tokens: ownTokens, bytesPerToken: Double(experts.routed) * 4),
    ] + tokensToDispatch
  }

  private func addRouter(to layer: inout LayerKernels) {
    guard let experts = model.experts else { return }
    let logits = Double(experts.routed) * 4
    layer[.attention, .forward] += [norm("ffn norm", width: hidden)] + routing
    let again =
      activations.recompute.contains(.rmsnorm) ? [norm("ffn norm again", width: hidden)] : []
    layer[.attention, .backwardInput] =
      again + [
        add("sum of expert gradients"),
        .memory("top-k backward", .router, tokens: ownTokens, bytesPerToken: logits),
        .routerGEMM("router, input", tokens: ownTokens, hidden: hidden, experts: experts.routed),
        normBackward("ffn norm backward", width: hidden), add("residual gradient"),
      ] + layer[.attention, .backwardInput]
    layer[.attention, .backwardWeight].append(
      .routerGEMM("router, weight", tokens: ownTokens, hidden: hidden, experts: experts.routed))
  }
}

/// Head counts and sizes, for both kinds of attention.
struct AttentionHeads {
  /// Query heads.
  var count: Int
  /// Number of heads for which a key is written.
  var keyCount: Int
  /// Size of a query or key head.
  var query: Int
  /// Size of a value head.
  var value: Int
  /// Rotated elements per head.
  var rope: Int

  /// Reads the counts of either kind of attention.
  init(_ attention: AttentionSpec) {
    switch attention {
    case .latent(let mla):
      (count, keyCount, query) = (mla.heads, mla.heads, mla.queryHead)
      (value, rope) = (mla.valueHead, mla.ropeHead)
    case .grouped(let gqa):
      (count, keyCount, query) = (gqa.heads, gqa.kvHeads, gqa.headSize)
      (value, rope) = (gqa.headSize, gqa.headSize)
    }
  }
}

extension LatentAttention {
  /// Names of the joined down-projections, and of the projection to queries.
  var downName: String { queryRank == nil ? "kv_a" : "q_a, kv_a" }
  var queryName: String { queryRank == nil ? "q" : "q_b" }
}
