// Kernels of DeepSeek sparse attention: an indexer scores every earlier token, the highest scores
// are selected, and attention in its absorbed form reads the latents of these alone.
//
// Source: DeepSeek-V3.2-Exp, inference/model.py and its report. The weighted sum of scores over
// heads is part of the scores' kernel, and its few operations are left out, as in FLOPCounts.

extension Kernel {
  /// FP8 scores of an indexer over all keys.
  ///
  /// - Parameters:
  ///   - queries: tokens of each sequence that score.
  ///   - keys: tokens of each sequence whose keys are read.
  ///   - pairs: tokens scored for all queries of one sequence together.
  static func indexerScores(
    sequences: Int, queries: Int, keys: Int, pairs: Int, indexer: SparseIndexer
  ) -> Kernel {
    let scores = Double(sequences) * Double(pairs)
    let operands = keys * indexer.cacheBytes + queries * indexer.heads * indexer.headSize
    return Kernel(
      name: "indexer scores", kernelClass: .indexerScores, precision: .fp8,
      shape: KernelShape(groups: sequences, m: keys, n: indexer.heads, k: queries),
      flops: scores * Double(indexer.scoreFLOPsPerKey),
      bytes: Double(sequences) * Double(operands) + scores * 4)
  }

  /// The choice of the highest scores: reads them once, in FP32, and writes the numbers of keys.
  static func keySelection(
    sequences: Int, queries: Int, pairs: Int, indexer: SparseIndexer
  ) -> Kernel {
    let scores = Double(sequences) * Double(pairs) * 4
    let tokens = sequences * queries
    return .memory(
      "top-k keys", .selection, tokens: tokens,
      bytesPerToken: scores / Double(max(1, tokens)) + Double(indexer.topK) * 4)
  }

  /// Absorbed attention to selected keys; each query reads its own.
  ///
  /// - Parameters:
  ///   - kernelClass: of decoding, or of many queries of a sequence.
  ///   - pairs: keys that all queries of one sequence read together.
  static func sparseAttention(
    _ kernelClass: KernelClass, sequences: Int, queries: Int, pairs: Int, latent: LatentAttention,
    cache: CacheFormat
  ) -> Kernel {
    let width = latent.kvRank + latent.ropeHead
    let read = Double(sequences) * Double(pairs)
    let rows = Double(sequences * queries * latent.heads)
    return Kernel(
      name: "attention", kernelClass: kernelClass, precision: .bf16,
      shape: KernelShape(
        groups: sequences, m: pairs / max(1, queries), n: latent.heads, k: queries),
      flops: read * Double(latent.absorbedFLOPsPerKey),
      bytes: read * Double(latent.cacheBytes(cache)) + rows * Double(width + latent.kvRank) * 2)
  }

  /// Its gradient, with the products of a dense attention's.
  static func sparseAttentionBackward(
    sequences: Int, queries: Int, pairs: Int, latent: LatentAttention
  ) -> Kernel {
    var kernel = sparseAttention(
      .sparseAttentionBackward, sequences: sequences, queries: queries, pairs: pairs,
      latent: latent, cache: .bf16)
    kernel.name = "attention backward"
    kernel.flops *= AttentionMeasurements.backwardFLOPsPerForward
    kernel.bytes *= 2
    return kernel
  }
}
