// Traffic under load shares: chance in the sample makes no GPU the most visited one.

import Testing

@testable import Routing

@Suite("Traffic sampled from loads")
struct SampledTrafficTests {
  private let gate = Gate(experts: 64, groups: 8, groupLimit: 4, topK: 8)
  private let sizes = StepLoads.Sizes(
    layers: 12, microbatches: 1, experts: 64, gpus: 16, topK: 8, tokensPerGPU: 1024,
    gpusPerDomain: 2)

  /// Distinct tokens per row of each GPU, by layer.
  private func arrivedPerRow(_ loads: [Float]) -> [[Double]] {
    let placement = LayerPlacement.contiguous(experts: 64)
    let ofGPUs = (0..<16).map { gpu in Double(loads[gpu * 4..<gpu * 4 + 4].reduce(0, +)) }
    let mean = ofGPUs.reduce(0, +) / 16
    let traffic = SampledTraffic(
      expected: (0..<12).flatMap { _ in ofGPUs.map { $0 / mean } },
      samples: (0..<12).map {
        LayerSample(loads, gate: gate, placement: placement, sizes: sizes, seed: UInt64($0))
      }, sizes: sizes)
    return (0..<12).map { layer in
      traffic.layer(layer, microbatch: 0).gpus.map { $0.arrived / $0.rows }
    }
  }

  @Test("loads that differ by a thousandth have GPUs that are visited alike")
  func even() {
    var loads = [Float](repeating: 1000, count: 64)
    loads[5] = 1001

    for ratios in arrivedPerRow(loads) {
      let mean = ratios.reduce(0, +) / 16
      // The sample alone scatters by 1 %, and its largest of 16 by twice that.
      #expect((ratios.max() ?? 0) < 1.006 * mean, "\(ratios)")
    }
  }

  @Test("experts that are chosen together go on sharing their tokens")
  func uneven() {
    var loads = [Float](repeating: 1000, count: 64)
    for expert in 0..<4 { loads[expert] = 5000 }

    for ratios in arrivedPerRow(loads) {
      let others = ratios.dropFirst().reduce(0, +) / 15
      #expect(ratios[0] < 0.85 * others, "\(ratios)")
    }
  }
}
