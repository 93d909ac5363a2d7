// Releases of DeepGEMM whose speeds are published for the shapes of DeepSeek-V3. The measured rows
// of KernelTimes are those of spring 2025.

import Cluster

/// A release of DeepGEMM.
package enum KernelRelease: String, CaseIterable, Hashable, Sendable {
  /// First public release, 2025-02-25: closest to the published training trace.
  case february2025 = "2025-02"
  /// After the optimisations of March and April 2025.
  case april2025 = "2025-04"
}

/// Speeds of the first release relative to the measured one.
enum ReleaseMeasurements {
  /// Dense products at m = 4096, shape by shape: facts gemm.dense.4096.feb over
  /// gemm.dense.4096.apr, both in TFLOP/s.
  static let dense: [(n: Int, k: Int, ratio: Double)] = [
    (n: 2112, k: 7168, ratio: 1058 / 1127),
    (n: 24576, k: 1536, ratio: 990 / 1212),
    (n: 32768, k: 512, ratio: 590 / 775),
    (n: 7168, k: 16384, ratio: 1358 / 1520),
    (n: 4096, k: 7168, ratio: 1304 / 1410),
    (n: 7168, k: 2048, ratio: 1025 / 1168),
  ]

  /// Grouped products, mean of the two group counts: facts gemm.grouped.contig.feb over
  /// gemm.grouped.contig.mar, in TFLOP/s.
  static let grouped: [(n: Int, k: Int, ratio: Double)] = [
    (n: 4096, k: 7168, ratio: (1297 + 1288) / (1346 + 1346)),
    (n: 7168, k: 2048, ratio: (1099 + 1093) / (1214 + 1214)),
  ]
}

/// Absorbed attention to a cache in FP8.
enum FP8CacheMeasurements {
  /// Rate of the kernel, which first widens the cache to BF16: fact attn.flashmla.sparse, for the
  /// sparse kernel, since no dense one is published.
  static let teraflops = 410.0
  /// The same as a share of the GPU's peak.
  static var share: Double { teraflops * 1e12 / GPUSpec.h800Peaks.bf16 }
}
