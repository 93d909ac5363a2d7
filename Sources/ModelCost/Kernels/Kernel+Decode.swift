// The kernels used only in decoding.

extension Kernel {
  /// A dense product with few rows, [m, k] x [k, n].
  static func decodeGEMM(
    _ name: String, m: Int, n: Int, k: Int, precision: Precision
  ) -> Kernel {
    var kernel = gemm(name, m: m, n: n, k: k, precision: precision)
    kernel.kernelClass = .decodeGEMM
    return kernel
  }

  /// Products of the experts of a GPU, `m` rows each on average, in the masked layout.
  static func maskedGEMM(
    _ name: String, experts: Int, m: Int, n: Int, k: Int, precision: Precision
  ) -> Kernel {
    var kernel = gemm(name, groups: experts, m: m, n: n, k: k, precision: precision)
    kernel.kernelClass = .maskedGEMM
    return kernel
  }

  /// One small product per head, in BF16: the absorbed up-projections of MLA.
  static func batchedGEMM(_ name: String, heads: Int, m: Int, n: Int, k: Int) -> Kernel {
    var kernel = gemm(name, groups: heads, m: m, n: n, k: k, precision: .bf16)
    kernel.kernelClass = .batchedGEMM
    return kernel
  }

  /// Absorbed MLA: each of `queries` tokens of a sequence attends to `context` cached latents,
  /// which are read once for all of them.
  static func attentionDecode(
    sequences: Int, queries: Int, context: Int, latent: LatentAttention, cache: CacheFormat
  ) -> Kernel {
    let width = latent.kvRank + latent.ropeHead
    let pairs = Double(sequences) * Double(context)
    let rows = Double(sequences * queries * latent.heads)
    return Kernel(
      name: "attention", kernelClass: .attentionDecode, precision: cache.precision,
      shape: KernelShape(
        groups: sequences, m: context, n: latent.heads, k: queries,
        cacheBytes: latent.cacheBytes(cache)),
      flops: 2 * pairs * Double(queries * latent.heads * (width + latent.kvRank)),
      bytes: pairs * Double(latent.cacheBytes(cache))
        + rows * Double(width + latent.kvRank) * 2)
  }

  /// Grouped-query attention of `queries` tokens of each sequence to `context` cached ones, whose
  /// keys and values are read once for all query heads that share them.
  static func groupedAttentionDecode(
    sequences: Int, queries: Int, context: Int, grouped: GroupedAttention, cache: CacheFormat
  ) -> Kernel {
    let pairs = Double(sequences) * Double(context)
    let rows = Double(sequences * queries * grouped.heads * grouped.headSize)
    return Kernel(
      name: "attention", kernelClass: .groupedAttentionDecode, precision: cache.precision,
      shape: KernelShape(
        groups: sequences * grouped.kvHeads, m: context, n: grouped.heads / grouped.kvHeads,
        k: queries, keyHeads: grouped.kvHeads, cacheBytes: grouped.cacheBytes(cache)),
      flops: 4 * pairs * Double(queries * grouped.heads * grouped.headSize),
      bytes: pairs * Double(grouped.cacheBytes(cache)) + rows * 2 * 2)
  }
}
