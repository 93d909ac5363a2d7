// Measured decoding of grouped-query attention, and kernels of sparse attention, on H800 with all
// 132 SMs.

import Facts

/// Grouped-query attention over a cache in BF16, one query per sequence: heads of 128.
enum GroupedDecodeMeasurements {
  static let source: SourceText = "\(.kernels.groupedAttentionDecode)"

  /// One measurement.
  struct Row {
    var attention: GroupedAttention
    var sequences: Int
    var context: Int
    var microseconds: Double
  }

  /// Fact kattn.infersim.gqa_decode (FlashInfer), wrapper included.
  static let rows: [Row] = shapes.flatMap { heads, kvHeads, times in
    times.flatMap { sequences, microseconds in
      zip([1024, 4096, 8192], microseconds).map { context, time in
        Row(
          attention: GroupedAttention(heads: heads, kvHeads: kvHeads, headSize: 128),
          sequences: sequences, context: context, microseconds: time)
      }
    }
  }

  private static let shapes: [(heads: Int, kvHeads: Int, times: [(Int, [Double])])] = [
    (
      32, 4,
      [
        (1, [29.314, 26.729, 27.361]), (16, [33.391, 58.118, 99.757]),
        (64, [54.517, 179.945, 346.473]), (128, [100.165, 352.183, 690.017]),
      ]
    ),
    (
      32, 8,
      [
        (1, [34.938, 27.364, 27.217]), (16, [36.086, 99.783, 183.195]),
        (64, [100.247, 351.627, 698.033]), (128, [187.612, 689.665, 1363.603]),
      ]
    ),
    (
      64, 2,
      [
        (1, [36.054, 32.582, 34.624]), (16, [34.356, 46.114, 60.563]),
        (64, [46.854, 111.996, 198.562]), (128, [56.383, 186.575, 355.519]),
      ]
    ),
  ]
}

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

  /// Rates of decoding over a cache in FP8, by sequences x queries: 96 us for one query of 64
  /// sequences (fact kattn.infersim.h800.dsa), and fact attn.flashmla.sparse.
  static let decode: [(rows: Int, flops: Double)] = [
    (64, Double(64 * 2048 * AttentionDecodeMeasurements.latent.absorbedFLOPsPerKey) / 96e-6),
    (256, AttentionDecodeMeasurements.fp8CacheFLOPs),
  ]
  /// Rate with many queries of a sequence: fact attn.flashmla.sparse_prefill.
  static let prefillFLOPs = 640e12
}
