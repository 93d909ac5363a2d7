// Measured grouped FP8 matrix products on H800, all 132 SMs, contiguous layout (prefill, training).
// Source: fact gemm.infersim.grouped_prefill: hidden 7168, expert width 2048, so the up and gate
// projection is n 4096 x k 7168 and the down projection n 7168 x k 2048.

import Facts

/// Grouped FP8 products by release.
enum GroupedGEMMMeasurements {
  /// Sources of the rows and of the older release.
  static let source: SourceText = "\(.kernels.groupedPrefill)"
  static let februarySource: SourceText =
    "\(.kernels.groupedPrefill) x \(.kernels.groupedFebruary) / \(.kernels.groupedMarch)"

  /// Spring 2025: both projections, by groups and rows per group.
  static let spring2025: [MeasuredGEMM] = rows.flatMap {
    [
      MeasuredGEMM(groups: $0.groups, m: $0.m, n: 4096, k: 7168, microseconds: $0.up),
      MeasuredGEMM(groups: $0.groups, m: $0.m, n: 7168, k: 2048, microseconds: $0.down),
    ]
  }

  /// Speed of the release of 2025-02 relative to 2025-03, mean of the two group counts
  /// (gemm.grouped.contig.feb / gemm.grouped.contig.mar, in TFLOPS).
  static let februarySpeed: [(n: Int, k: Int, ratio: Double)] = [
    (n: 4096, k: 7168, ratio: (1297 + 1288) / (1346 + 1346)),
    (n: 7168, k: 2048, ratio: (1099 + 1093) / (1214 + 1214)),
  ]

  private static let rows: [(groups: Int, m: Int, up: Double, down: Double)] = [
    (256, 32, 3249.0, 1541.0),
    (256, 128, 3533.0, 1707.0),
    (256, 256, 4531.0, 2296.0),
    (256, 512, 7486.0, 3760.0),
    (64, 128, 835.312, 421.716),
    (64, 512, 1896.0, 960.509),
    (64, 1024, 3236.0, 1644.0),
    (64, 2048, 6183.0, 3211.0),
    (32, 256, 554.174, 291.436),
    (32, 1024, 1617.0, 850.889),
    (32, 2048, 3075.0, 1641.0),
    (32, 4096, 5924.0, 3095.0),
    (16, 512, 459.016, 229.137),
    (16, 2048, 1516.0, 815.577),
    (16, 4096, 3199.0, 1575.0),
    (16, 8192, 6104.0, 3319.0),
    (8, 1024, 410.555, 218.147),
    (8, 4096, 1431.0, 754.772),
    (8, 8192, 3166.0, 1568.0),
    (8, 16384, 5280.0, 3024.0),
    (4, 2048, 392.682, 237.232),
    (4, 8192, 1409.0, 812.365),
    (4, 16384, 2581.0, 1455.0),
    (4, 32768, 5437.0, 2715.0),
  ]
}
