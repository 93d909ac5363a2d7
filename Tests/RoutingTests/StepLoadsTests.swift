// Distributions of expert loads, checked against their definitions.

import Testing
import Units

@testable import Routing

@Suite("Loads of a step")
struct StepLoadsTests {
  let sizes = StepLoads.Sizes(
    layers: 4, microbatches: 6, experts: 256, gpus: 64, topK: 8, tokensPerGPU: 4096)

  static let sources: [RoutingSpec.Source] = [
    .uniform, .logNormal(sigma: 0.58), .logNormal(sigma: 3), .zipf(exponent: 0.5),
    .zipf(exponent: 3),
    .counts(ExpertLoads(layers: 1, experts: 256, values: (0..<256).map { $0 == 7 ? 1 : 0 })),
  ]

  @Test("INV-6: every microbatch of every layer has tokens x top-k rows", arguments: sources)
  func conserved(source: RoutingSpec.Source) {
    let loads = StepLoads(RoutingSpec(source, seed: 3), sizes: sizes)

    for layer in 0..<4 {
      for microbatch in 0..<6 {
        let sum = (0..<64).reduce(0) {
          $0 + loads.rows(layer: layer, microbatch: microbatch, gpu: $1)
        }
        #expect(sum == 4096 * 64 * 8)
      }
      let total = (0..<256).reduce(0) { $0 + loads.total(layer: layer, expert: $1) }
      #expect(total == 6 * 4096 * 64 * 8)
    }
  }

  @Test("uniform loads are equal on every GPU")
  func uniform() {
    let loads = StepLoads(.uniform, sizes: sizes)

    #expect(loads.meanMaxOverMean == 1)
    #expect(loads.maxRows == sizes.rowsPerGPU)
  }

  @Test("the logarithms of log-normal loads have the specified deviation")
  func logNormal() {
    let shares = LoadShares.shares(
      of: RoutingSpec(.logNormal(sigma: 0.58), seed: 1), layer: 2, experts: 65_536, topK: 1)

    let logarithms = shares.values.map { naturalLogarithm($0) }
    let mean = logarithms.reduce(0, +) / 65_536
    let variance = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 65_536
    // The standard error of a deviation from n normal draws is sigma / sqrt(2n) = 0.0016.
    #expect(abs(variance.squareRoot() - 0.58) < 0.008)
  }

  /// Sigma of the logarithm, GPUs, and largest GPU load / mean for 256 experts in order: computed
  /// independently in another language, to three digits.
  @Test(
    "the largest GPU load over the mean agrees with an independent computation",
    arguments: [(0.2, 32, 1.16), (0.4, 32, 1.35), (0.58, 64, 2.00), (0.8, 32, 1.92)])
  func independent(point: (sigma: Double, gpus: Int, ratio: Double)) {
    var sum = 0.0
    for seed in 0..<40 as Range<UInt64> {
      let loads = StepLoads(
        RoutingSpec(.logNormal(sigma: point.sigma), seed: seed),
        sizes: StepLoads.Sizes(
          layers: 5, microbatches: 1, experts: 256, gpus: point.gpus, topK: 8, tokensPerGPU: 4096))
      sum += loads.meanMaxOverMean
    }
    // 200 layers; the ratio of one layer varies by about a seventh.
    #expect(abs(sum / 40 - point.ratio) < 0.04 * point.ratio)
  }

  @Test("sorted Zipf loads fall as a power of their rank")
  func zipf() {
    let shares = LoadShares.shares(
      of: RoutingSpec(.zipf(exponent: 0.5), seed: 9), layer: 0, experts: 64, topK: 4)

    let sorted = shares.values.sorted(by: >)
    for place in 1...64 {
      // 1 / sqrt(place) of the largest; the exponential of a logarithm keeps twelve digits.
      #expect(abs(sorted[place - 1] / sorted[0] * Double(place).squareRoot() - 1) < 1e-12)
    }
    #expect(shares.values != sorted, "the order of experts is drawn")
  }

  @Test("no expert receives a token twice; the excess goes to the others")
  func capped() {
    let shares = LoadShares(proportionalTo: [100, 1, 1, 2, 0], largest: 0.5)

    #expect(shares.values == [0.5, 0.125, 0.125, 0.25, 0])
    let forced = LoadShares(proportionalTo: [1, 0, 0, 0], largest: 0.25)
    #expect(forced.values == [0.25, 0.25, 0.25, 0.25])
  }

  @Test("microbatches deviate as independent tokens do")
  func deviation() {
    let sizes = StepLoads.Sizes(
      layers: 1, microbatches: 4000, experts: 4, gpus: 4, topK: 1, tokensPerGPU: 250)
    let loads = StepLoads(
      RoutingSpec(.counts(ExpertLoads(layers: 1, experts: 4, values: [1, 2, 3, 4])), seed: 5),
      sizes: sizes)

    for (gpu, share) in [0.1, 0.2, 0.3, 0.4].enumerated() {
      let rows = (0..<4000).map { Double(loads.rows(layer: 0, microbatch: $0, gpu: gpu)) }
      let mean = rows.reduce(0, +) / 4000
      let variance = rows.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
      #expect(abs(mean - 1000 * share) < 1)
      // Binomial: n p (1 - p), and a twelfth for rounding. The standard error of a variance of
      // 4,000 values is 2.2 %; the table of variates ends at 3.7 deviations.
      let binomial = 1000 * share * (1 - share) + 1.0 / 12
      #expect(abs(variance / binomial - 1) < 0.09)
    }
  }
}
