import Testing
import Units

@testable import Service

@Suite("Steady state, intervals and overload")
struct SteadyStateTests {
  private func noise(_ count: Int, seed: UInt64) -> [Double] {
    var random = RandomStream(seed: seed, purpose: RandomPurpose("test.noise"))
    return (0..<count).map { _ in random.exponential(mean: 1) }
  }

  @Test("MSER-5 cuts a transient, cuts little of none, and finds no steady state in a ramp")
  func warmUp() throws {
    let steady = noise(400, seed: 1)
    let late = steady.enumerated().map { $0.offset < 60 ? $0.element + 20 : $0.element }

    #expect(SteadyState.warmUp(late) == 60)
    #expect(try #require(SteadyState.warmUp(steady)) < 200)
    #expect(SteadyState.warmUp((0..<400).map { Double($0 * $0) }) == nil)
    #expect(SteadyState.warmUp(Array(steady.prefix(49))) == nil)
  }

  @Test("the cut has the least variance of the rest over its count, by direct computation")
  func leastScore() throws {
    let values = noise(100, seed: 2).enumerated().map { $0.element + 9 / Double($0.offset + 1) }
    let batches = (0..<20).map { values[$0 * 5..<$0 * 5 + 5].reduce(0, +) / 5 }

    let scores = (0...15).map { cut in
      let rest = batches[cut...]
      let mean = rest.reduce(0, +) / Double(rest.count)
      return rest.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        / Double(rest.count * rest.count)
    }

    let best = try #require(scores.indices.min { scores[$0] < scores[$1] })
    #expect(SteadyState.warmUp(values) == (best * 2 < 20 ? best * 5 : nil))
  }

  @Test("about 95 of 100 intervals of independent numbers hold their mean")
  func coverage() throws {
    let hits = try (0..<400).filter { seed in
      let estimate = try #require(SteadyState.mean(noise(300, seed: UInt64(seed))))
      return estimate.low <= 1 && 1 <= estimate.high
    }.count

    // 400 trials at 0.95: the standard deviation is 4.4; skewed numbers lose a little.
    #expect((362...396).contains(hits))
  }

  @Test("numbers that follow their neighbours get larger batches, or no interval")
  func correlated() throws {
    var level = 0.0
    let walk = noise(4_000, seed: 5).map { step in
      level = 0.9 * level + step
      return level
    }

    let own = try #require(SteadyState.mean(noise(4_000, seed: 5)))
    let estimate = try #require(SteadyState.mean(walk))

    // The mean of such a walk is 10 times that of its steps, and so is its error.
    let ratio = (estimate.high - estimate.low) / (own.high - own.low)
    #expect((6...14).contains(ratio))
    #expect(SteadyState.mean(Array(walk.prefix(25))) == nil)
  }

  @Test("the slope of a line is found, and noise has none")
  func slope() throws {
    let times = (0..<100).map { Double($0) / 10 }
    let line = try #require(SteadyState.slope(times.map { 3 * $0 + 1 }, at: times))
    let flat = try #require(SteadyState.slope(noise(100, seed: 3), at: times))

    #expect(abs(line.value - 3) < 1e-12 && line.low > 2.999)
    #expect(flat.low < 0 && 0 < flat.high)
    #expect(SteadyState.slope([1, 2], at: [0, 1]) == nil)
    #expect(
      SteadyState.slope(Array(repeating: 1, count: 10), at: Array(repeating: 2, count: 10)) == nil)
  }

  @Test(
    "Student's t equals the tables",
    arguments: [(2, 4.303, 0.01), (5, 2.571, 0.001), (19, 2.093, 0.0005), (100, 1.984, 0.0005)])
  func studentT(freedom: Int, table: Double, error: Double) {
    #expect(abs(SteadyState.studentT(freedom) / table - 1) < error)
  }
}
