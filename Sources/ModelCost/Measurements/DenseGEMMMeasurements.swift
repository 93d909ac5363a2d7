// Measured FP8 matrix products on H800, all 132 SMs, dense: microseconds by m for each n x k.
// Source: fact gemm.infersim.dense (DeepGEMM of spring 2025); the rows for two shapes missing there
// are fact gemm.dense.4096.apr. The older release follows from fact gemm.dense.4096.feb.

import Facts

/// A release of DeepGEMM whose speeds are published for the shapes of DeepSeek-V3.
package enum KernelRelease: String, CaseIterable, Hashable, Sendable {
  /// First public release, 2025-02-25: closest to the published training trace.
  case february2025 = "2025-02"
  /// After the optimisations of March and April 2025.
  case april2025 = "2025-04"
}

/// One measured matrix product [m, k] x [k, n], or a group of them.
struct MeasuredGEMM: Hashable {
  /// Products of the group; 1 for dense ones.
  var groups: Int
  /// Rows of one product.
  var m: Int
  /// Columns of one product.
  var n: Int
  /// Inner extent of one product.
  var k: Int
  /// Time of the whole group in microseconds.
  var microseconds: Double
}

/// Dense FP8 products by release.
enum DenseGEMMMeasurements {
  /// Sources of the rows and of the older release.
  static let source: SourceText = "\(.kernels.dense)"
  static let februarySource: SourceText =
    "\(.kernels.dense) x \(.kernels.dense4096February) / \(.kernels.dense4096April)"

  /// Spring 2025: every shape over a range of m.
  static let april2025: [MeasuredGEMM] = curves.flatMap { curve in
    zip(curve.rows, curve.microseconds).map {
      MeasuredGEMM(groups: 1, m: $0, n: curve.n, k: curve.k, microseconds: $1)
    }
  }

  /// Speed of the release of 2025-02 relative to 2025-04 at m = 4096, shape by shape
  /// (gemm.dense.4096.feb / gemm.dense.4096.apr, both in TFLOPS).
  static let februarySpeed: [(n: Int, k: Int, ratio: Double)] = [
    (n: 2112, k: 7168, ratio: 1058 / 1127),
    (n: 24576, k: 1536, ratio: 990 / 1212),
    (n: 32768, k: 512, ratio: 590 / 775),
    (n: 7168, k: 16384, ratio: 1358 / 1520),
    (n: 4096, k: 7168, ratio: 1304 / 1410),
    (n: 7168, k: 2048, ratio: 1025 / 1168),
  ]

  private static let rows = [16, 32, 64, 128, 256, 512, 1024, 4096, 8192, 16384, 32768]

  private static let curves: [(n: Int, k: Int, rows: [Int], microseconds: [Double])] = [
    (
      n: 1536, k: 7168, rows: rows,
      microseconds: [
        16.443, 13.457, 10.881, 11.714, 13.062, 21.965, 25.841, 73.091, 129.853, 250.947,
        499.336,
      ]
    ),
    (
      n: 24576, k: 1536, rows: rows,
      microseconds: [
        20.773, 20.563, 20.872, 21.975, 26.656, 37.939, 64.069, 243.915, 469.575, 944.992,
        1885.0,
      ]
    ),
    (
      n: 576, k: 7168, rows: rows,
      microseconds: [
        9.932, 9.516, 9.525, 9.646, 10.283, 15.868, 16.127, 34.493, 64.806, 114.532, 290.289,
      ]
    ),
    (
      n: 512, k: 16384, rows: rows,
      microseconds: [
        18.907, 17.702, 17.678, 17.93, 19.013, 24.914, 28.955, 55.989, 103.784, 196.316, 386.489,
      ]
    ),
    (
      n: 128, k: 65536, rows: rows,
      microseconds: [
        60.926, 60.807, 61.117, 61.679, 63.35, 84.419, 86.266, 115.8, 195.398, 365.93, 713.853,
      ]
    ),
    (
      n: 7168, k: 16384, rows: rows,
      microseconds: [
        55.055, 53.383, 51.677, 56.311, 59.319, 117.306, 220.972, 649.13, 1310.0, 2870.0, 5451.0,
      ]
    ),
    (
      n: 4096, k: 7168, rows: rows,
      microseconds: [
        21.32, 19.612, 18.255, 20.276, 24.871, 30.034, 46.282, 169.08, 331.183, 664.757, 1337.0,
      ]
    ),
    (
      n: 7168, k: 2048, rows: rows,
      microseconds: [
        10.094, 9.934, 9.911, 11.186, 12.3, 20.999, 35.674, 98.102, 187.148, 364.188, 725.032,
      ]
    ),
    (
      n: 36864, k: 7168, rows: rows,
      microseconds: [
        98.722, 98.896, 100.142, 103.498, 127.088, 251.288, 373.066, 1489.0, 2981.0, 6136.0,
        12848.0,
      ]
    ),
    (
      n: 7168, k: 18432, rows: rows,
      microseconds: [
        59.752, 57.24, 55.896, 62.31, 68.235, 125.643, 238.06, 730.312, 1470.0, 2986.0, 6139.0,
      ]
    ),
    (
      n: 2112, k: 7168, rows: [4096],
      microseconds: [2 * 4096 * 2112 * 7168 / (1127.0 * 1e6)]
    ),
    (
      n: 32768, k: 512, rows: [4096],
      microseconds: [2 * 4096 * 32768 * 512 / (775.0 * 1e6)]
    ),
  ]
}
