import Testing
import Units

@testable import Service

@Suite("Gap histograms")
struct GapHistogramTests {
  @Test("a percentile is within 0.1 % of the least value with that share at or below it")
  func accuracy() throws {
    var random = RandomStream(seed: 7, purpose: RandomPurpose("test.gaps"))
    let values = (0..<5_000).map { _ in
      SimDuration(picoseconds: Int64(random.exponential(mean: 3e10)))
    }
    var histogram = GapHistogram()

    for value in values { histogram.add(value) }

    let sorted = values.sorted()
    for percent in [0.0, 1, 25, 50, 90, 99, 99.9, 100] {
      let exact = sorted[max(1, Int((5_000 * percent / 100).rounded(.up))) - 1]
      let found = try #require(histogram.percentile(percent))
      #expect(found >= exact)
      #expect(found.seconds <= exact.seconds * 1.001)
    }
    #expect(histogram.greatest == sorted.last)
    #expect(histogram.least == sorted.first)
  }

  @Test("small values, repeated counts and merged histograms are exact")
  func exactness() {
    var first = GapHistogram()
    first.add(SimDuration(picoseconds: 500), count: 3)
    var second = GapHistogram()
    second.add(SimDuration(picoseconds: 2_047))

    first.add(second)

    #expect(first.count == 4)
    #expect(first.percentile(75) == SimDuration(picoseconds: 500))
    #expect(first.percentile(76) == SimDuration(picoseconds: 2_047))
    #expect(first.mean == 3_547e-12 / 4)
    #expect(GapHistogram().percentile(50) == nil)
  }

  @Test("gaps that grow evenly are counted as one by one, and so is their spread")
  func growing() throws {
    var together = GapHistogram()
    together.add(
      first: SimDuration(picoseconds: 20_000_000_000), growth: SimDuration(picoseconds: 1_000_000),
      steps: 1_000, count: 3)
    var apart = GapHistogram()
    for step in 0..<1_000 {
      apart.add(SimDuration(picoseconds: 20_000_000_000 + Int64(step) * 1_000_000), count: 3)
    }

    #expect(together == apart)
    // Evenly spread numbers deviate by their range over the root of 12.
    let deviation = try #require(together.deviation)
    #expect(abs(deviation / (1e-3 / 12.0.squareRoot()) - 1) < 0.03)
  }
}
