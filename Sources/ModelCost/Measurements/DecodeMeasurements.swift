// Measured decode kernels on H800, all 132 SMs: few rows per product, long caches.

import Facts

/// Grouped FP8 products in the masked layout: each expert has one row per token that chose it.
enum MaskedGEMMMeasurements {
  static let source: SourceText = "\(.kernels.groupedDecode)"

  /// Both projections, by experts per GPU and rows per expert: hidden 7168, expert width 2048.
  static let all: [MeasuredGEMM] =
    rows.flatMap {
      [
        MeasuredGEMM(groups: $0.experts, m: $0.m, n: 4096, k: 7168, microseconds: $0.up),
        MeasuredGEMM(groups: $0.experts, m: $0.m, n: 7168, k: 2048, microseconds: $0.down),
      ]
    }

  /// Fact gemm.infersim.grouped_decode.
  private static let rows: [(experts: Int, m: Int, up: Double, down: Double)] = [
    (256, 1, 1297.0, 721.665), (256, 2, 2667.0, 1353.0), (256, 4, 2672.0, 1353.0),
    (256, 8, 2673.0, 1354.0), (256, 16, 2671.0, 1354.0), (64, 2, 641.407, 342.313),
    (64, 4, 641.063, 342.304), (64, 8, 642.197, 342.454), (64, 16, 641.711, 342.41),
    (64, 32, 641.32, 342.508), (64, 64, 716.349, 376.375), (32, 4, 325.291, 175.974),
    (32, 8, 325.412, 176.222), (32, 16, 325.23, 176.189), (32, 32, 325.361, 175.983),
    (32, 64, 385.648, 185.697), (32, 128, 411.563, 214.079), (16, 8, 171.608, 94.028),
    (16, 16, 171.219, 94.116), (16, 32, 171.529, 94.145), (16, 64, 196.722, 102.24),
    (16, 128, 217.605, 118.536), (16, 256, 280.529, 168.1), (8, 16, 92.143, 52.656),
    (8, 32, 92.04, 52.812), (8, 64, 102.33, 57.79), (8, 128, 120.397, 63.444),
    (8, 256, 182.866, 98.973), (8, 512, 223.323, 107.076), (4, 32, 51.557, 30.752),
    (4, 64, 60.044, 31.904), (4, 128, 63.222, 39.983), (4, 256, 93.832, 50.987),
    (4, 512, 134.862, 84.623), (4, 1024, 216.346, 114.294), (2, 64, 34.223, 17.589),
    (2, 128, 33.489, 18.757), (2, 256, 50.615, 21.631), (2, 512, 90.889, 51.723),
    (2, 1024, 129.523, 67.916), (2, 2048, 214.01, 98.896), (1, 128, 20.659, 14.964),
    (1, 256, 25.089, 19.32), (1, 512, 29.764, 36.012), (1, 1024, 46.716, 36.92),
    (1, 2048, 128.666, 67.197), (1, 4096, 131.202, 97.927),
  ]
}

/// Dense FP8 products of 64 and 128 rows: fact gemm.dense.small, in TFLOPS.
enum SmallGEMMMeasurements {
  /// Includes the source of the rows that they complement.
  static let source: SourceText = "\(.kernels.dense), \(.kernels.denseSmall)"

  /// As times, alongside the rows of `DenseGEMMMeasurements`, which extend to more and fewer rows.
  static let all: [MeasuredGEMM] = rows.map { m, n, k, teraflops in
    MeasuredGEMM(
      groups: 1, m: m, n: n, k: k,
      microseconds: 2 * Double(m) * Double(n) * Double(k) / (teraflops * 1e6))
  }

  private static let rows: [(m: Int, n: Int, k: Int, teraflops: Double)] = [
    (64, 2112, 7168, 206), (64, 24576, 1536, 289), (64, 32768, 512, 219), (64, 7168, 16384, 336),
    (64, 4096, 7168, 287), (64, 7168, 2048, 295), (128, 2112, 7168, 352),
    (128, 24576, 1536, 535), (128, 32768, 512, 358), (128, 7168, 16384, 645),
    (128, 4096, 7168, 533), (128, 7168, 2048, 510),
  ]
}

/// Absorbed MLA over a cache in BF16: 128 heads, one query per sequence.
enum AttentionDecodeMeasurements {
  /// Sources for a cache in BF16 and in FP8.
  static let source: SourceText = "\(.kernels.attentionDecode)"
  static let fp8Source: SourceText =
    "\(.kernels.attentionDecode), \(.kernels.sparseAttention) (FP8 cache)"

  /// Fact attn.mla_decode (FlashMLA).
  static let rows: [(sequences: Int, context: Int, microseconds: Double)] = [
    (1, 1024, 20.91), (1, 4096, 21.653), (1, 8192, 26.256), (1, 16384, 33.986),
    (1, 32768, 45.53), (1, 65536, 62.724), (1, 131072, 94.21), (16, 1024, 24.906),
    (16, 4096, 53.437), (16, 8192, 83.951), (16, 16384, 146.112), (16, 32768, 268.708),
    (16, 65536, 544.051), (16, 131072, 1085.607), (32, 1024, 39.138), (32, 4096, 85.584),
    (32, 8192, 148.468), (32, 16384, 270.547), (32, 32768, 550.651), (32, 65536, 1095.208),
    (32, 131072, 2228.089), (64, 1024, 51.974), (64, 4096, 155.153), (64, 8192, 288.668),
    (64, 16384, 619.0), (64, 32768, 1119.284), (64, 65536, 2263.203), (64, 131072, 4655.842),
    (128, 1024, 96.252), (128, 4096, 292.023), (128, 8192, 550.393), (128, 16384, 1057.193),
    (128, 32768, 2095.256), (128, 65536, 4443.373), (256, 1024, 188.841), (256, 4096, 585.772),
    (256, 8192, 1094.216), (256, 16384, 2141.453), (512, 1024, 357.358),
    (512, 4096, 1136.363), (512, 8192, 2074.245),
  ]
  /// The attention that was measured.
  static let latent = LatentAttention(
    heads: 128, queryRank: 1536, kvRank: 512, nopeHead: 128, ropeHead: 64, valueHead: 128)
  /// Rate of the kernel over a cache in FP8, which it first widens to BF16: fact
  /// attn.flashmla.sparse, for the sparse kernel, since no dense one is published.
  static let fp8CacheFLOPs = 410e12
}
