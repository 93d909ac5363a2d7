import EventKernel
import Foundation
import Testing
import Units

@Suite("Random streams are those of the paper and are mutually independent")
struct RandomStreamTests {
  struct KnownAnswer: Sendable {
    var counter: (UInt64, UInt64)
    var key: UInt64
    var block: (UInt64, UInt64)
  }

  /// Source: file tests/kat_vectors of Random123 (D. E. Shaw Research), lines `philox2x64 10`.
  static let knownAnswers = [
    KnownAnswer(counter: (0, 0), key: 0, block: (0xca00_a045_9843_d731, 0x66c2_4222_c9a8_45b5)),
    KnownAnswer(
      counter: (.max, .max), key: .max, block: (0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20)),
    KnownAnswer(
      counter: (0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344), key: 0xa409_3822_299f_31d0,
      block: (0x0a5e_742c_2997_341c, 0xb0f8_83d3_8000_de5d)),
  ]

  @Test("Philox2x64-10 gives the known answers of Random123", arguments: knownAnswers)
  func known(answer: KnownAnswer) {
    let block = Philox2x64.block(counter: answer.counter, key: answer.key)

    #expect(block == answer.block)
  }

  @Test("draws are the words of the blocks at the stream's own counters")
  func layout() {
    // FNV-1a of "foobar", from the authors' test vectors (test_fnv.c).
    let purpose = RandomPurpose("foobar")
    var stream = RandomStream(seed: 42, purpose: purpose, entity: 3)

    let draws = (0..<4).map { _ in stream.next() }

    let identity: UInt64 = 0xbf9c_f968 << 32 | 3
    let first = Philox2x64.block(counter: (identity, 0), key: 42)
    let second = Philox2x64.block(counter: (identity, 1), key: 42)
    #expect(purpose.code == 0xbf9c_f968)
    #expect(draws == [first.0, first.1, second.0, second.1])
  }

  @Test(
    "a different seed, purpose or entity gives another stream; the same three give the same one")
  func independence() {
    func draws(_ seed: UInt64, _ purpose: String, _ entity: Int) -> [UInt64] {
      var stream = RandomStream(seed: seed, purpose: RandomPurpose(purpose), entity: entity)
      return (0..<8).map { _ in stream.next() }
    }
    let base = draws(1, "a", 0)

    #expect(draws(1, "a", 0) == base)
    for other in [draws(2, "a", 0), draws(1, "b", 0), draws(1, "a", 1)] {
      #expect(Set(other).isDisjoint(with: base))
    }
  }

  @Test("the logarithm is within 1 ulp of the C library's")
  func logarithm() {
    var stream = RandomStream(seed: 5, purpose: RandomPurpose("test.logarithm"))
    var samples = (0..<100_000).map { _ in stream.uniform() }
    samples += [0x1p-53, 0x1p-1022, 0.5, 0.707_106_78, 0.707_106_79, 1, 1.5, 2, 1e300]
    samples += [1 - 0x1p-53, 1 + 0x1p-52]

    for x in samples {
      let expected = Foundation.log(x)
      let difference = abs(naturalLogarithm(x) - expected)
      #expect(difference <= expected.ulp, "log(\(x))")
    }
  }

  @Test("uniform, index and exponential variates have the moments of their distributions")
  func moments() {
    var stream = RandomStream(seed: 11, purpose: RandomPurpose("test.moments"))
    let n = 200_000
    var uniformSum = 0.0
    var exponentialSum = 0.0
    var exponentialSquares = 0.0
    var dice = [Int](repeating: 0, count: 6)
    for _ in 0..<n {
      let u = stream.uniform()
      #expect(0 < u && u < 1)
      uniformSum += u
      let e = stream.exponential(mean: 2)
      exponentialSum += e
      exponentialSquares += e * e
      dice[stream.index(below: 6)] += 1
    }

    // Tolerances are five standard errors of the estimates: sigma / sqrt(n) = sigma * 0.002236.
    #expect(abs(uniformSum / Double(n) - 0.5) < 5 * 0.2887 * 0.002_236)
    #expect(abs(exponentialSum / Double(n) - 2) < 5 * 2 * 0.002_236)
    // The square of an Exp(mean 2) has mean 8 and standard deviation 2^2 sqrt(20).
    #expect(abs(exponentialSquares / Double(n) - 8) < 5 * 17.89 * 0.002_236)
    for side in dice {
      #expect(abs(Double(side) / Double(n) - 1.0 / 6) < 5 * 0.3727 * 0.002_236)
    }
  }

  @Test("the duration of an exponential draw is rounded down to picoseconds")
  func durations() {
    var numbers = RandomStream(seed: 1, purpose: RandomPurpose("test.durations"))
    var durations = numbers

    for _ in 0..<100 {
      let number = numbers.exponential(mean: 1e6)
      let duration = durations.exponentialDuration(mean: SimDuration(microseconds: 1))
      #expect(duration.picoseconds == Int64(number.rounded(.down)))
    }
  }

  @Test("delays drawn in advance are those of the stream, from even and odd draws")
  func drawnAhead() {
    for skipped in [0, 1] {
      var stream = RandomStream(seed: 9, purpose: RandomPurpose("test.ahead"))
      for _ in 0..<skipped { _ = stream.next() }
      var delays = ExponentialDelays(stream, mean: SimDuration(microseconds: 3))

      for _ in 0..<1_001 {
        let expected = stream.exponentialDuration(mean: SimDuration(microseconds: 3))
        let delay = delays.next()
        #expect(delay == expected)
      }
    }
  }

  @Test("an entity number beyond 32 bits stops the program")
  func entityRange() async {
    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .failure) {
        _ = RandomStream(seed: 0, purpose: RandomPurpose("a"), entity: 1 << 32)
      }
    }.value
  }
}
