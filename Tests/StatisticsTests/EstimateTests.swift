// Estimates at the edges and against formulas that another function gives.

import Testing

@testable import Statistics

@Suite("Estimates")
struct EstimateTests {
  @Test("the interval of a single replication is the whole line")
  func singleReplication() {
    #expect(SampleMean([1]).interval(confidence: 0.9) == Interval(-.infinity, .infinity))
    #expect(SampleMean([]).mean == 0)
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
