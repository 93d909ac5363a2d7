// Measured kernels of sparse attention on H800 with all 132 SMs.

import Facts

/// Sparse attention of DeepSeek-V3.2: top 2,048 keys, an indexer of 64 heads of 128.
enum SparseMeasurements {
  /// Sources of the scores, of attention in decoding, and with many queries.
  static let scoreSource: SourceText = "\(.kernels.sparseKernels)"
  static let decodeSource: SourceText = "\(.kernels.sparseAttention), \(.kernels.sparseKernels)"
  static let source: SourceText = "\(.kernels.sparsePrefill)"
  static let backwardSource: SourceText =
    "\(.kernels.sparsePrefill), backward as \(.kernels.attentionBackward)"

  /// Scores of one query of 64 sequences, or of the last 4,096 queries of one: fact
  /// kattn.infersim.h800.dsa.
  static let scores: [(sequences: Int, queries: Int, context: Int, microseconds: Double)] = [
    (64, 1, 1024, 9.1), (64, 1, 4096, 20.9), (64, 1, 16384, 61.4), (64, 1, 65536, 205.5),
    (64, 1, 131072, 394.0), (1, 4096, 4096, 138), (1, 4096, 16384, 833), (1, 4096, 65536, 3674),
    (1, 4096, 131072, 8143),
  ]
  /// The indexer that was measured.
  static let indexer = SparseIndexer(heads: 64, headSize: 128, topK: 2048)
  /// The attention that was measured.
  static let latent = LatentAttention(
    heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)

  /// Rates of decoding over a cache in FP8, by sequences x queries: 96 us for one query of 64
  /// sequences (fact kattn.infersim.h800.dsa), and fact attn.flashmla.sparse.
  static let decode: [(rows: Int, flops: Double)] = [
    (64, Double(64 * 2048 * latent.absorbedFLOPsPerKey) / 96e-6),
    (256, FP8CacheMeasurements.teraflops * 1e12),
  ]
  /// Rate with many queries of a sequence: fact attn.flashmla.sparse_prefill.
  static let prefillFLOPs = 640e12
}
