// Published speeds of single kernels on H800. Their rows make the kernel model, so all are used.

import Cluster
import Facts
import ModelCost

extension PublishedFigures {
  static let products: [Figure] =
    shapes.enumerated().flatMap { index, shape in
      [
        product(.kernels.dense4096February, 4096, shape, speeds.february[index], .february2025),
        product(.kernels.dense4096April, 4096, shape, speeds.april[index], .april2025),
        product(.kernels.denseSmall, 64, shape, speeds.small64[index], .april2025),
        product(.kernels.denseSmall, 128, shape, speeds.small128[index], .april2025),
      ]
    }
    + groups.flatMap { row in
      [
        product(
          .kernels.groupedFebruary, row.m, (row.n, row.k), row.february, .february2025,
          groups: row.groups),
        product(
          .kernels.groupedMarch, row.m, (row.n, row.k), row.march, .april2025, groups: row.groups),
      ]
    }

  /// [n, k] of the dense products.
  private static let shapes = [
    (n: 2112, k: 7168), (n: 24576, k: 1536), (n: 32768, k: 512), (n: 7168, k: 16384),
    (n: 4096, k: 7168), (n: 7168, k: 2048),
  ]
  /// TFLOP/s by shape: of 4,096 rows in two releases, of 64 and of 128 rows.
  private static let speeds = (
    february: [1058, 990, 590, 1358, 1304, 1025.0], april: [1127, 1212, 775, 1520, 1410, 1168.0],
    small64: [206, 289, 219, 336, 287, 295.0], small128: [352, 535, 358, 645, 533, 510.0]
  )
  private static let groups:
    [(groups: Int, m: Int, n: Int, k: Int, february: Double, march: Double)] = [
      (4, 8192, 4096, 7168, 1297, 1346), (4, 8192, 7168, 2048, 1099, 1214),
      (8, 4096, 4096, 7168, 1288, 1346), (8, 4096, 7168, 2048, 1093, 1214),
    ]

  static let attention: [Figure] =
    [
      (1024, 116.88), (4096, 1104.692), (8192, 4538.828), (16384, 17774.458), (32768, 76337.72),
    ].map { length, microseconds in
      Figure(
        .attention, .kernels.attentionPrefill, "MLA, causal, one sequence of \(length)", "us",
        published: microseconds, digit: 0.001, .kernels, family: "attn.mla_prefill",
        use: "kernel model",
        .kernel {
          let kernel = Kernel.attentionForward(
            sequences: 1, length: length, heads: 128, keyHeads: 128, queryHead: 192, valueHead: 128)
          return seconds(kernel, .april2025).map { SimulatedValue(value: $0 * 1e6) }
        })
    }
    + [
      Figure(
        .attention, .kernels.attentionBackward, "MLA backward, sequence of 4096, 112 SMs",
        "TFLOP/s", .kernels, family: "attn.mla_backward", use: "kernel model",
        .kernel {
          let kernel = Kernel.attentionBackward(
            sequences: 1, length: 4096, heads: 128, keyHeads: 128, queryHead: 192, valueHead: 128)
          return seconds(kernel, .february2025, sms: 112).map {
            SimulatedValue(value: kernel.flops / $0 / 1e12)
          }
        })
    ]

  private static func product(
    _ fact: Fact, _ m: Int, _ shape: (n: Int, k: Int), _ speed: Double, _ release: KernelRelease,
    groups: Int = 1
  ) -> Figure {
    let words = (groups > 1 ? "\(groups) x " : "") + "[\(m), \(shape.n), \(shape.k)]"
    return Figure(
      .products, fact, words, "TFLOP/s", published: speed, digit: 1, .kernels, family: fact.id,
      use: "kernel model",
      .kernel {
        let kernel = Kernel.gemm(
          "product", groups: groups, m: m, n: shape.n, k: shape.k, precision: .fp8)
        return seconds(kernel, release).map { SimulatedValue(value: kernel.flops / $0 / 1e12) }
      })
  }

  @Sendable private static func seconds(
    _ kernel: Kernel, _ release: KernelRelease, sms: Int? = nil
  ) -> Double? {
    guard let gpu = GPUSpec.catalogue.first(where: { $0.name == "h800-sxm" }) else { return nil }
    return KernelTimer(gpu: gpu, recipe: .deepseek, release: release)
      .seconds(kernel, sms: sms ?? gpu.smCount)
  }
}
