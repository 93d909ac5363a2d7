import Foundation
import Testing
import Units

@testable import Service

@Suite("Generated loads")
struct GeneratedLoadTests {
  private func load(
    rate: Double = 10, gaps: GapLaw = .poisson, count: Int? = 50_000, seconds: Double? = nil,
    classes: [GeneratedLoad.Class] = [.init(prompt: .uniform(1...99), output: .fixed(5))],
    prefixes: GeneratedLoad.Prefixes? = nil, sessions: GeneratedLoad.Sessions? = nil,
    seed: UInt64 = 1
  ) -> [ServiceRequest] {
    GeneratedLoad(
      arrivals: .open(gaps, .constant(rate)), count: count,
      duration: seconds.map { SimDuration(seconds: $0) }, classes: classes, prefixes: prefixes,
      sessions: sessions
    ).load(seed: seed).requests
  }

  @Test("requests come at their rate, and at no other time than in ascending order")
  func rate() throws {
    let requests = load()

    let end = try #require(requests.last).arrival.seconds
    // Four standard errors of a Poisson count.
    #expect(abs(end - 5000) < 4 * 5000 / 50_000.0.squareRoot())
    #expect(zip(requests, requests.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
    #expect(requests == load())
    #expect(requests != load(seed: 2))
  }

  @Test("under twice the rate the same requests come in half the time")
  func commonNumbers() {
    for (slow, fast) in zip(load(rate: 10), load(rate: 20)) {
      // Both round sums of up to 5,000 s, to within some 1e-12 s each time.
      #expect(abs(slow.arrival.picoseconds - 2 * fast.arrival.picoseconds) < 10_000)
      #expect(slow.prompt == fast.prompt)
    }
  }

  @Test("a duration ends arrivals, and so does a number, whichever comes first")
  func ends() {
    #expect(abs(load(count: nil, seconds: 1000).count - 10_000) < 400)
    #expect(load(count: 100, seconds: 1000).count == 100)
    #expect(load(count: 100_000, seconds: 10).allSatisfy { $0.arrival.seconds < 10 })
  }

  @Test("classes have their shares, lengths and priorities")
  func classes() {
    let requests = load(classes: [
      .init(share: 3, prompt: .fixed(10), output: .fixed(1)),
      .init(share: 1, priority: -2, prompt: .fixed(20), output: .fixed(2)),
    ])

    let second = requests.filter { $0.trafficClass == 1 }
    let share = Double(second.count) / 50_000
    #expect(abs(share - 0.25) < 0.01)
    #expect(second.allSatisfy { $0.prompt == 20 && $0.output == 2 && $0.priority == -2 })
  }

  @Test("prefixes are as popular as Zipf's law says and come before the prompt")
  func prefixes() {
    let requests = load(prefixes: .init(groups: 3, length: 100, exponent: 1))

    var counts = [0, 0, 0]
    for request in requests {
      counts[Int(request.content?.segments.first ?? 9)] += 1
      #expect(request.prompt > 100)
      #expect(request.content?.segmentLength == 100)
    }
    // 1 : 1/2 : 1/3 of 11/6.
    for (count, share) in zip(counts, [6.0 / 11, 3.0 / 11, 2.0 / 11]) {
      #expect(abs(Double(count) / 50_000 - share) < 0.01)
    }
  }

  @Test("each turn of a session continues the former prompt and output")
  func sessions() throws {
    let requests = load(
      count: 9000, prefixes: .init(groups: 2, length: 130),
      sessions: .init(turns: 3, pause: SimDuration(seconds: 5)))

    #expect(requests.count == 9000)
    #expect(zip(requests, requests.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
    // All requests together come at the rate.
    let end = try #require(requests.last).arrival.seconds
    #expect(abs(end - 900) < 60)
    let turns = requests.filter { $0.session == 100 }
    #expect(turns.count == 3)
    for (former, later) in zip(turns, turns.dropFirst()) {
      let old = try #require(former.content).segments
      let new = try #require(later.content).segments
      #expect((1...99).contains(later.prompt - former.prompt - former.output))
      #expect(Array(new.prefix(old.count)) == old)
      #expect(new.count == (later.prompt + later.output + 63) / 64)
      #expect(later.content?.coversOutput == true)
    }
    // The first 128 of the 130 tokens are whole segments of the prefix.
    let first = try #require(turns.first?.content).segments
    #expect(first.prefix(2) == [0, 1] || first.prefix(2) == [2, 3])
    #expect(first.dropFirst(2).allSatisfy { $0 >= 4 })
  }

  @Test("a closed loop has its users, its think time and requests without times")
  func closedLoop() {
    let spec = GeneratedLoad(
      arrivals: .closedLoop(users: 4, thinkTime: SimDuration(seconds: 1)), count: 9,
      duration: nil, classes: [.init(prompt: .fixed(1), output: .fixed(1))]
    ).load(seed: 1)

    #expect(spec.arrivals == .closedLoop(users: 4, thinkTime: SimDuration(seconds: 1)))
    #expect(spec.requests.count == 9)
    #expect(spec.requests.allSatisfy { $0.arrival == .zero })
  }
}
