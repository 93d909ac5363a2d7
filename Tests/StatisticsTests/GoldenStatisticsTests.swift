// Intervals, tests, the largest of many and Pareto fronts against a separate implementation
// (SciPy and plain Python).

import Foundation
import Testing

@testable import Statistics

@Suite("Statistics equal the golden ones")
struct GoldenStatisticsTests {
  /// The vectors of statistics.json whose description starts with some words.
  private func vectors(_ start: String) throws -> [GoldenVector] {
    let chosen = try GoldenVector.all(in: "statistics").filter {
      $0.inputs["what"].text?.hasPrefix(start) == true
    }
    #expect(!chosen.isEmpty, "no vector starts with \(start)")
    return chosen
  }

  @Test("every vector has a test")
  func complete() throws {
    let tested = [
      "t interval", "paired", "batch", "Bonferroni", "t quantile", "share", "ratio", "order",
      "Wald", "Holm",
    ]
    for vector in try GoldenVector.all(in: "statistics") {
      let what = vector.inputs["what"].text ?? ""
      #expect(tested.contains { what.hasPrefix($0) }, "\(what)")
    }
  }

  @Test("t intervals of a mean and of batch means")
  func means() throws {
    for vector in try vectors("t interval") + vectors("batch") {
      let values = vector.inputs["values"].numbers
      let isBatched = vector.inputs["what"].text?.hasPrefix("batch") == true
      let sample =
        isBatched ? SampleMean.ofBatches(values, batches: 5) : SampleMean(values)
      let interval = sample.interval(confidence: try vector.input("confidence"))

      try vector.expect("mean", sample.mean, within: 1e-12)
      try vector.expect("sd", sample.standardDeviation, within: 1e-12)
      try vector.expect("low", interval.low, within: 1e-9)
      try vector.expect("high", interval.high, within: 1e-9)
    }
  }

  @Test("paired differences are known better than unpaired ones")
  func pairs() throws {
    for vector in try vectors("paired") {
      let (a, b) = (vector.inputs["a"].numbers, vector.inputs["b"].numbers)
      let sample = SampleMean.ofDifferences(a, minus: b)
      let interval = sample.interval(confidence: try vector.input("confidence"))

      // The differences of numbers near 18 keep 12 digits.
      try vector.expect("mean", sample.mean, within: 1e-12)
      try vector.expect("sd", sample.standardDeviation, within: 1e-12)
      try vector.expect("low", interval.low, within: 1e-9)
      try vector.expect("high", interval.high, within: 1e-9)
    }
  }

  @Test("quantiles of Student's t, plain and by Bonferroni")
  func quantiles() throws {
    for vector in try vectors("t quantile") {
      for (degrees, expected) in zip(
        vector.inputs["degrees"].numbers, vector.expected["t"].numbers)
      {
        let t = SampleMean.tQuantile(confidence: 0.95, degrees: Int(degrees))
        #expect(abs(t / expected - 1) < 1e-9)
      }
    }
    for vector in try vectors("Bonferroni") {
      let each = bonferroniConfidence(
        try vector.input("confidence"), intervals: Int(try vector.input("intervals")))
      try vector.expect("each_confidence", each, within: 1e-12)
      try vector.expect(
        "t", SampleMean.tQuantile(confidence: each, degrees: Int(try vector.input("n")) - 1),
        within: 1e-9)
    }
  }

  @Test("Clopper-Pearson and Wilson intervals of a share")
  func shares() throws {
    for vector in try vectors("share") {
      let share = Share(Int(try vector.input("k")), of: Int(try vector.input("n")))
      for (key, interval) in [
        ("clopper_pearson", share.clopperPearson(confidence: 0.95)),
        ("wilson", share.wilson(confidence: 0.95)),
      ] {
        let expected = vector.expected[key].numbers
        #expect(abs(interval.low - expected[0]) <= 1e-9 * expected[0], "\(key) \(interval)")
        #expect(abs(interval.high - expected[1]) <= 1e-9 * expected[1], "\(key) \(interval)")
      }
    }
  }

  @Test("ratios of sums with two standard errors")
  func ratios() throws {
    for vector in try vectors("ratio") {
      let ratio = RatioOfMeans(
        of: vector.inputs["work"].numbers, over: vector.inputs["wall"].numbers)

      try vector.expect("ratio", ratio.ratio, within: 1e-12)
      try vector.expect("standard_error_delta", ratio.deltaError, within: 1e-12)
      try vector.expect("jackknife", ratio.jackknife, within: 1e-12)
      // Six leave-one-out ratios near 0.9 differ in the third digit.
      try vector.expect("standard_error_jackknife", ratio.jackknifeError, within: 1e-12)
    }
  }

  @Test("order statistics around a quantile")
  func orderStatistics() throws {
    for vector in try vectors("order") {
      let ranks = QuantileRanks(
        of: try vector.input("quantile"), count: Int(try vector.input("n")), confidence: 0.95)

      #expect([Double(ranks.low), Double(ranks.high)] == vector.expected["ranks_1_based"].numbers)
      try vector.expect("coverage", ranks.coverage, within: 1e-12)
    }
  }

  @Test("Wald's bounds and Holm's adjusted p values")
  func tests() throws {
    for vector in try vectors("Wald") {
      let bounds = waldBounds(alpha: try vector.input("alpha"), beta: try vector.input("beta"))
      try vector.expect("upper", bounds.high, within: 1e-12)
      try vector.expect("lower", bounds.low, within: 1e-12)
    }
    for vector in try vectors("Holm") {
      let adjusted = holmAdjusted(vector.inputs["p"].numbers)
      for (value, expected) in zip(adjusted, vector.expected["adjusted"].numbers) {
        #expect(abs(value / expected - 1) < 1e-12)
      }
    }
  }

  @Test("the largest of N delays")
  func barrier() throws {
    for vector in try GoldenVector.all(in: "barrier") {
      let largest = LargestOfMany(Int(try vector.input("participants")))

      try vector.expect("mean_max_exponential_1", largest.exponentialMean, within: 1e-8)
      try vector.expect("mean_max_normal_0_1", largest.normalMean, within: 1e-8)
      try vector.expect("median_max_normal_0_1", largest.normalMedian, within: 1e-8)
      try vector.expect(
        "mean_max_lognormal_sigma_0.02", largest.logNormalMean(sigma: 0.02), within: 1e-8)
    }
  }

  @Test("mean, quantiles and representatives of the largest of N normals")
  func maxima() throws {
    struct Row: Decodable { var mean: Double, q05: Double, q95: Double }
    struct Representative: Decodable { var u: Double, weight: Int, z: Double }
    struct File: Decodable { var n: [String: Row], representative: [Representative] }
    let url = try #require(
      Bundle.module.url(forResource: "maxima", withExtension: "json", subdirectory: "Fixtures"))
    let file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))

    #expect(file.n.count == 11 && file.representative.count == 5)
    for (count, row) in file.n {
      let largest = LargestOfMany(try #require(Int(count)))
      #expect(abs(largest.normalMean - row.mean) < 1e-3)
      #expect(abs(largest.normalQuantile(0.05) - row.q05) < 1e-3)
      #expect(abs(largest.normalQuantile(0.95) - row.q95) < 1e-3)
    }
    for one in file.representative {
      #expect(abs(LargestOfMany(one.weight).normalQuantile(one.u) - one.z) < 1e-3)
    }
  }

  @Test("the standard deviation of the largest of 1, 2 and 3 normals has a closed form")
  func deviation() {
    // H. David, H. Nagaraja, "Order Statistics": variances 1, 1 - 1 / pi and 0.5594672.
    let closed = [1, (1 - 1 / Double.pi).squareRoot(), 0.5594672038.squareRoot()]
    for (index, value) in closed.enumerated() {
      #expect(abs(LargestOfMany(index + 1).normalDeviation / value - 1) < 1e-8)
    }
  }

  @Test("Pareto fronts, equal points together")
  func pareto() throws {
    for vector in try GoldenVector.all(in: "pareto") {
      let points = vector.inputs["minimise"].list.map(\.numbers)

      #expect(paretoFront(points).map(Double.init) == vector.expected["front_indices"].numbers)
      // Without noise the front under noise is the same.
      #expect(
        paretoFront(replications: points.map { $0.map { [$0, $0, $0] } }, confidence: 0.95)
          == paretoFront(points))
    }
  }
}
