// Kernels of the attention part: norms, projections, the attention core, and the router.
//
// After a cached prefix, latent attention runs as in whole prompts, with keys and values of every
// head. The keys and values of the prefix are reconstructed from their latents, as in vLLM's
// chunked prefill. No kernel of the absorbed form is measured with many queries.
//
// Legend: d hidden, H heads, rq/rkv low ranks, dr rope head, dqk query head, dv value head.

extension LayerKernelBuilder {
  /// Adds the attention part of a layer; with `routes`, also the kernels up to the dispatch.
  func addAttention(to layer: inout LayerKernels, routes: Bool) {
    let heads = AttentionHeads(model.attention)
    var forward = [norm("attention norm", width: hidden)]
    forward += cast("attention input", rows: inputTokens, width: hidden)
    forward += downProjections() + upProjections() + [rope(heads)] + prefix(heads)
    forward.append(attentionCore(heads))
    forward += cast("attention output", width: heads.count * heads.value)
    forward += [gemm("o", n: hidden, k: heads.count * heads.value), add("attention residual")]
    layer[.attention, .forward] = forward

    layer[.attention, .backwardInput] = attentionBackward(heads)
    layer[.attention, .backwardWeight] = attentionWeights(heads)
    if routes { addRouter(to: &layer) }
  }

  private func rope(_ heads: AttentionHeads) -> Kernel {
    // q is rotated in place (4 B per element); the shared key part is written once per head (2 B).
    let bytes = Double(heads.count * heads.rope) * 4 + Double(heads.keyCount * heads.rope) * 2
    return .memory("rope", .rope, tokens: tokens, bytesPerToken: bytes)
  }

  /// Tokens that the first projections read: MLA's down-projections are whole on every GPU of a
  /// tensor group, and read only the GPU's own tokens.
  private var inputTokens: Int {
    if case .latent = model.attention { ownTokens } else { tokens }
  }

  /// One block of causal attention, or one for each GPU that shares a sequence: every step of the
  /// ring has the FLOPs of one.
  private func attentionCore(_ heads: AttentionHeads) -> Kernel {
    .attentionForward(
      sequences: work.sequences * work.sharding.context, length: work.blockLength,
      cached: work.prefix?.tokens ?? 0, heads: heads.count, queryHead: heads.query,
      valueHead: heads.value)
  }

  /// Keys and values of a cached prefix, from the cache and the up-projection of its latents.
  private func prefix(_ heads: AttentionHeads) -> [Kernel] {
    guard let prefix = work.prefix, case .latent(let mla) = model.attention else { return [] }
    let rows = work.sequences * prefix.tokens
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
    let ranks = mla.queryRank + mla.kvRank
    return [
      gemm("q_a, kv_a", rows: ownTokens, n: ranks + mla.ropeHead, k: hidden),
      norm("latent norms", width: ranks),
    ] + cast("latents", width: ranks)
  }

  private func upProjections() -> [Kernel] {
    switch model.attention {
    case .latent(let mla):
      [
        gemm("q_b", n: mla.heads * mla.queryHead, k: mla.queryRank),
        gemm("kv_b", n: mla.heads * (mla.nopeHead + mla.valueHead), k: mla.kvRank),
      ]
    case .grouped(let gqa): [gemm("qkv", n: gqa.projectionWidth, k: hidden)]
    }
  }

  private func attentionBackward(_ heads: AttentionHeads) -> [Kernel] {
    var kernels: [Kernel] = []
    if activations.recompute.contains(.rmsnorm) {
      kernels.append(norm("attention norm again", width: hidden))
      if case .latent(let mla) = model.attention {
        kernels.append(norm("latent norms again", width: mla.queryRank + mla.kvRank))
      }
    }
    if activations.recompute.contains(.attentionUpProjection) {
      kernels += upProjections() + [rope(heads)]
    }
    let output = heads.count * heads.value
    kernels += castBothWays("gradient of o", width: hidden)
    kernels.append(gemm("o, input", n: output, k: hidden))
    kernels += attentionCoreBackward(heads) + [rope(heads)]
    switch model.attention {
    case .latent(let mla):
      let query = mla.heads * mla.queryHead
      let keyValue = mla.heads * (mla.nopeHead + mla.valueHead)
      let latents = mla.queryRank + mla.kvRank
      kernels += castBothWays("gradients of q, k, v", width: query + keyValue)
      kernels += [
        gemm("q_b, input", n: mla.queryRank, k: query),
        gemm("kv_b, input", n: mla.kvRank, k: keyValue),
        normBackward("latent norms backward", width: latents),
      ]
      kernels += castBothWays(
        "gradient of latents", rows: ownTokens, width: latents + mla.ropeHead)
      kernels.append(
        gemm("q_a, kv_a, input", rows: ownTokens, n: hidden, k: latents + mla.ropeHead))
    case .grouped(let gqa):
      kernels += castBothWays("gradients of q, k, v", width: gqa.projectionWidth)
      kernels.append(gemm("qkv, input", n: hidden, k: gqa.projectionWidth))
    }
    return kernels + [
      normBackward("attention norm backward", width: hidden), add("residual gradient"),
    ]
  }

  private func attentionCoreBackward(_ heads: AttentionHeads) -> [Kernel] {
    let delta = Double(heads.count * heads.value) * 4
    let conversion = Double(heads.count * heads.query) * 6
    return [
      .memory("delta", .attentionSurround, tokens: tokens, bytesPerToken: delta),
      .attentionBackward(
        sequences: work.sequences * work.sharding.context, length: work.blockLength,
        heads: heads.count, queryHead: heads.query, valueHead: heads.value),
      .memory("dq conversion", .attentionSurround, tokens: tokens, bytesPerToken: conversion),
    ]
  }

  private func attentionWeights(_ heads: AttentionHeads) -> [Kernel] {
    let output = heads.count * heads.value
    var kernels = transpose("attention input", rows: inputTokens, width: hidden)
    kernels += transpose("attention output", width: output)
    kernels.append(weightGEMM("o, weight", n: hidden, k: output))
    switch model.attention {
    case .latent(let mla):
      let latents = mla.queryRank + mla.kvRank
      kernels += transpose("latents", width: latents)
      kernels += [
        weightGEMM("q_b, weight", n: mla.heads * mla.queryHead, k: mla.queryRank),
        weightGEMM("kv_b, weight", n: mla.heads * (mla.nopeHead + mla.valueHead), k: mla.kvRank),
        weightGEMM("q_a, kv_a, weight", rows: ownTokens, n: latents + mla.ropeHead, k: hidden),
      ]
    case .grouped(let gqa):
      kernels.append(weightGEMM("qkv, weight", n: gqa.projectionWidth, k: hidden))
    }
    return kernels
  }

  private func addRouter(to layer: inout LayerKernels) {
    guard let experts = model.experts else { return }
    let logits = Double(experts.routed) * 4
    layer[.attention, .forward] +=
      [
        norm("ffn norm", width: hidden),
        .routerGEMM("router", tokens: ownTokens, hidden: hidden, experts: experts.routed),
        .memory("top-k", .router, tokens: ownTokens, bytesPerToken: logits),
      ] + cast("tokens to dispatch", rows: ownTokens, width: hidden)
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

extension GroupedAttention {
  /// Width of the joined q, k and v projection.
  var projectionWidth: Int { (heads + 2 * kvHeads) * headSize }
}
