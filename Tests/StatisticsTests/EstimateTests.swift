// Estimates at the edges and against formulas that another function gives.

import Testing

@testable import Numerics
@testable import Statistics

@Suite("Estimates")
struct EstimateTests {
  @Test("two events leave a factor of 30 between the ends of the rate's interval")
  func rate() {
    let interval = EventRate(count: 2, exposure: 10).interval(confidence: 0.95)

    // The ends satisfy P(at least 2 | low) = P(at most 2 | high) = 2.5 %, by Poisson's terms.
    let (low, high) = (interval.low * 10, interval.high * 10)
    #expect(abs(1 - exponential(-low) * (1 + low) - 0.025) < 1e-9)
    #expect(abs(exponential(-high) * (1 + high + high * high / 2) - 0.025) < 1e-9)
    #expect((29.0...31).contains(high / low))
    #expect(EventRate(count: 0, exposure: 10).interval(confidence: 0.95).low == 0)
  }

  @Test("replications needed follow (t sd / h)^2")
  func replications() throws {
    let sample = SampleMean([9, 10, 11, 10])
    let needed = try #require(sample.replicationsNeeded(halfWidth: 0.1, confidence: 0.95))

    // t 3.182446 at 3 degrees, sd 0.816497: 675.2.
    #expect(needed == 676)
    #expect(SampleMean([1]).replicationsNeeded(halfWidth: 1, confidence: 0.9) == nil)
    #expect(SampleMean([1]).interval(confidence: 0.9) == Interval(-.infinity, .infinity))
    #expect(SampleMean([]).mean == 0)
  }

  @Test("batch means cut the warm-up and leave out what fills no batch")
  func batches() {
    let sample = SampleMean.ofBatches([99, 1, 3, 5, 7, 50], batches: 2, skipping: 1)

    #expect(sample == SampleMean([2, 6]))
  }

  @Test("a jackknife interval of a single replication is the whole line")
  func singleRatio() {
    let ratio = RatioOfMeans(of: [3], over: [4])

    #expect(ratio.ratio == 0.75)
    #expect(ratio.interval(confidence: 0.9) == Interval(-.infinity, .infinity))
  }

  @Test("quantiles are linear between order statistics")
  func quantiles() {
    #expect(sampleQuantile([3, 1, 2], 0.5) == 2)
    #expect(sampleQuantile([3, 1, 2], 0.75) == 2.5)
    #expect(sampleQuantile([3, 1, 2], 1) == 3)
    #expect(sampleQuantile([4], 0.3) == 4)
  }

  @Test("ranks that enclose an extreme quantile may lie outside the sample")
  func extremeRanks() {
    let ranks = QuantileRanks(of: 0.99, count: 10, confidence: 0.95)

    #expect(ranks.high == 11)
    #expect(ranks.coverage >= 0.95)
  }

  @Test("noisy points stay on the front unless the difference is beyond doubt")
  func noisyFront() {
    let base = (0..<8).map { Double($0 % 3) }
    let worse = base.map { $0 + 5 + 0.1 * $0 }
    let unclear = base.reversed().map { $0 + 0.01 }

    let front = paretoFront(replications: [[base], [worse], [Array(unclear)]], confidence: 0.95)

    #expect(front == [0, 2])
  }

  @Test("each slice of each dimension of a Latin hypercube holds one point")
  func slices() {
    let design = LatinHypercube(count: 50, dimensions: 3, seed: 9)
    let wider = LatinHypercube(count: 50, dimensions: 4, seed: 9)

    for dimension in 0..<3 {
      let slices = design.points.map { Int($0[dimension] * 50) }
      #expect(slices.sorted() == Array(0..<50))
      #expect(design.points.map { $0[dimension] } == wider.points.map { $0[dimension] })
    }
    #expect(LatinHypercube.level(of: 0.99, levels: 3) == 2)
    #expect(LatinHypercube.level(of: 1, levels: 3) == 2)
  }

  @Test("Morris paths change one input a step and stay on the grid")
  func paths() {
    let design = Morris(dimensions: 4, trajectories: 6, seed: 2)

    #expect(design.points.count == 30)
    for index in design.points.indices where index % 5 > 0 {
      let changed = zip(design.points[index - 1], design.points[index]).filter { $0 != $1 }
      #expect(changed.count == 1)
    }
    for value in design.points.joined() {
      #expect(abs((value * 3).rounded() - value * 3) < 1e-12 && (0...1).contains(value))
    }
  }
}
