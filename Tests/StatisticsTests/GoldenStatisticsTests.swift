// Intervals, the largest of many and Pareto fronts against a separate implementation
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

  @Test("t intervals of a mean")
  func means() throws {
    for vector in try vectors("t interval") {
      let sample = SampleMean(vector.inputs["values"].numbers)
      let interval = sample.interval(confidence: try vector.input("confidence"))

      try vector.expect("mean", sample.mean, within: 1e-12)
      try vector.expect("sd", sample.standardDeviation, within: 1e-12)
      try vector.expect("low", interval.low, within: 1e-9)
      try vector.expect("high", interval.high, within: 1e-9)
    }
  }

  @Test("quantiles of Student's t")
  func quantiles() throws {
    for vector in try vectors("t quantile") {
      for (degrees, expected) in zip(
        vector.inputs["degrees"].numbers, vector.expected["t"].numbers)
      {
        let t = SampleMean.tQuantile(confidence: 0.95, degrees: Int(degrees))
        #expect(abs(t / expected - 1) < 1e-9)
      }
    }
  }

  @Test("Clopper-Pearson intervals of a share")
  func shares() throws {
    for vector in try vectors("share") {
      let share = Share(Int(try vector.input("k")), of: Int(try vector.input("n")))
      let interval = share.clopperPearson(confidence: 0.95)
      let expected = vector.expected["clopper_pearson"].numbers
      #expect(abs(interval.low - expected[0]) <= 1e-9 * expected[0], "\(interval)")
      #expect(abs(interval.high - expected[1]) <= 1e-9 * expected[1], "\(interval)")
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

  @Test("the largest of N delays")
  func barrier() throws {
    for vector in try GoldenVector.all(in: "barrier") {
      let largest = LargestOfMany(Int(try vector.input("participants")))

      try vector.expect("mean_max_normal_0_1", largest.normalMean, within: 1e-8)
      try vector.expect("median_max_normal_0_1", largest.normalMedian, within: 1e-8)
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

  @Test("Pareto fronts of two costs, equal points together")
  func pareto() throws {
    for vector in try GoldenVector.all(in: "pareto") {
      let points = vector.inputs["minimise"].list.map(\.numbers).filter { $0.count == 2 }
      guard !points.isEmpty else { continue }
      let members = ParetoFront.members(points.map { (first: $0[0], second: $0[1]) })

      let indices = members.indices.filter { members[$0] }
      #expect(indices.map(Double.init) == vector.expected["front_indices"].numbers)
    }
  }
}
