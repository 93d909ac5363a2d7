// Searches for the least count: how often they claim something wrong on synthetic objectives, and
// queues whose least number of servers Erlang's formula gives.

import Testing
import Units

@testable import Numerics
@testable import Statistics

@Suite("Least count")
struct LeastCountTests {
  /// Claims of an answer that a true least count contradicts.
  private func wrongClaims(_ answer: LeastCount.Answer, least: Int) -> Int {
    answer.probes.filter {
      ($0.verdict == .meets && $0.count < least) || ($0.verdict == .fails && $0.count >= least)
    }.count
  }

  @Test(
    "at most 5 % of searches claim something wrong",
    arguments: [
      (step: 1.0, isExponential: false), (0.5, false), (0.2, false), (1, true), (0.3, true),
    ])
  func synthetic(step: Double, isExponential: Bool) throws {
    let searches = 1000
    var (wrong, unanswered, replications) = (0, 0, 0)
    for search in 0..<searches {
      let least = 3 + search % 40
      var offset = RandomStream(seed: UInt64(search), purpose: RandomPurpose("test.offset"))
      // The true margin is zero between two counts.
      let root = Double(least) - offset.uniform()
      // Common noise for all counts and a smaller part of each count's own.
      let answer = try LeastCount(range: 1...200).search { count, range in
        range.map { replication in
          var own = RandomStream(
            seed: UInt64(search), purpose: RandomPurpose("test.own"),
            entity: replication * 1000 + count)
          var common = RandomStream(
            seed: UInt64(search), purpose: RandomPurpose("test.common"), entity: replication)
          let noise =
            isExponential
            ? 1 - common.exponential(mean: 1) : normalQuantile(common.uniform())
          return ObjectiveSample(
            margin: step * (Double(count) - root) + noise + 0.3 * normalQuantile(own.uniform()))
        }
      }
      if wrongClaims(answer, least: least) > 0 { wrong += 1 }
      if answer.least == nil { unanswered += 1 }
      replications += answer.probes.reduce(0) { $0 + $1.replications }
    }

    // Of 1,000 searches at a true rate of 5 %, more than 71 are wrong once in 1,000 times.
    #expect(wrong <= 71, "\(wrong) of \(searches), \(replications / searches) replications each")
    #expect(unanswered == 0)
  }

  /// P(wait > objective) of M/M/c by Erlang's formula; 1 if the queue grows.
  private func lateShare(servers: Int, load: Double, rate: Double, objective: Double) -> Double {
    guard Double(servers) > load else { return 1 }
    // Erlang B by its recurrence, then C (A. Erlang, 1917).
    let blocked = (1...servers).reduce(1.0) { $0 * load / (Double($1) + load * $0) }
    let delayed = blocked / (1 - load / Double(servers) * (1 - blocked))
    return delayed * exponential(-(Double(servers) - load) * rate * objective)
  }

  @Test("Erlang's formula gives the golden least numbers of servers")
  func erlang() throws {
    for vector in try GoldenVector.all(in: "least_servers") {
      let rate = try vector.input("service_rate_per_s")
      let load = try vector.input("arrivals_per_s") / rate
      let quantile = try vector.input("quantile")
      let objective = try vector.input("wait_objective_s")
      func late(_ servers: Int) -> Double {
        lateShare(servers: servers, load: load, rate: rate, objective: objective)
      }

      let least = try #require((1...2000).first { late($0) <= 1 - quantile })

      try vector.expect("least_servers", Double(least), within: 0)
      try vector.expect("probability_wait_over_objective", late(least), within: 1e-10)
      try vector.expect("with_one_less", late(least - 1), within: 1e-10)
    }
  }

  /// Waits within an objective in a first-come queue, by the times at which servers become free.
  private func served(
    _ servers: Int, arrivals: Double, rate: Double, objective: Double, seed: Int
  ) -> Share {
    let (warmUp, counted) = (200, 1500)
    var gaps = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.gaps"))
    var services = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.services"))
    var free = [Double](repeating: 0, count: servers)
    var (now, inTime) = (0.0, 0)
    for request in 0..<warmUp + counted {
      now += gaps.exponential(mean: 1 / arrivals)
      let server = free.indices.reduce(0) { free[$1] < free[$0] ? $1 : $0 }
      let start = max(now, free[server])
      free[server] = start + services.exponential(mean: 1 / rate)
      if request >= warmUp, start - now <= objective { inTime += 1 }
    }
    return Share(inTime, of: counted)
  }

  @Test("the search finds the golden number of servers, or says that it cannot tell")
  func queues() throws {
    for vector in try GoldenVector.all(in: "least_servers") {
      let (arrivals, rate) = (
        try vector.input("arrivals_per_s"), try vector.input("service_rate_per_s")
      )
      // The offered load is the lower bound. Larger queues take minutes in a debug build.
      let bound = Int((arrivals / rate).rounded(.up))
      guard bound <= 10 else { continue }
      let least = Int(try #require(vector.expected["least_servers"].number))

      let answer = try LeastCount(range: bound...100).search { count, replications in
        try replications.map {
          ObjectiveSample(
            share: served(
              count, arrivals: arrivals, rate: rate,
              objective: try vector.input("wait_objective_s"), seed: $0),
            target: try vector.input("quantile"))
        }
      }

      let found = try #require(answer.least)
      #expect(found.count >= least)
      #expect(answer.probe(least)?.verdict != .fails)
      for count in least..<found.count {
        #expect(answer.probe(count)?.verdict == .undecided, "\(count) of \(least)")
      }
    }
  }

  @Test("exact margins give the root, and the range's ends are kept")
  func exact() throws {
    func search(_ root: Int, _ range: ClosedRange<Int>) throws -> LeastCount.Answer {
      try LeastCount(range: range).search { count, replications in
        replications.map { _ in ObjectiveSample(margin: Double(count - root) + 0.5) }
      }
    }

    #expect(try search(37, 5...1000).least?.count == 37)
    #expect(try search(1, 5...1000).least?.count == 5)
    #expect(try search(5, 5...5).least?.count == 5)
    #expect(try search(6, 5...5).least == nil)
    #expect(try search(1001, 5...1000).least == nil)
    #expect(try search(Int.max, 1...Int.max - 1).least == nil)
  }

  @Test("shares that agree in all replications are not taken for certain")
  func agreeing() {
    let interval = LeastCount.interval(
      (0..<8).map { _ in ObjectiveSample(share: Share(10, of: 10), target: 0.95) },
      confidence: 0.95)

    // 80 of 80: the exact interval starts at 0.025^(1/80) = 0.9549.
    #expect(abs(interval.low - (power(0.025, 1.0 / 80) - 0.95)) < 1e-9)
    #expect(abs(interval.high - 0.05) < 1e-12)
  }

  @Test("an interval of a share has no part above 1")
  func capped() {
    let shares = [10, 10, 10, 10, 10, 10, 10, 4]
    let interval = LeastCount.interval(
      shares.map { ObjectiveSample(share: Share($0, of: 10), target: 0.5) }, confidence: 0.95)

    #expect(interval.high == 0.5)
    #expect(interval.contains(SampleMean(shares.map { Double($0) / 10 - 0.5 }).mean))
  }

  @Test("the verdict in words")
  func sentence() {
    func probe(_ count: Int, _ verdict: LeastCount.Verdict) -> LeastCount.Probe {
      .init(
        count: count, verdict: verdict, margin: 4.1, interval: Interval(1.2, 7), replications: 8)
    }
    func text(_ probes: [LeastCount.Probe]) -> String {
      LeastCount.Answer(least: probes.first { $0.verdict == .meets }, probes: probes)
        .sentence(confidence: "95 %", unit: " %") { "\($0)" }
    }
    let meets = "37 meets it (margin 4.1 %, 95 %: 1.2 to 7.0)"

    #expect(text([probe(36, .fails), probe(37, .meets)]) == "\(meets), 36 does not")
    #expect(
      text([probe(34, .fails), probe(35, .undecided), probe(36, .undecided), probe(37, .meets)])
        == "\(meets); 35, 36 cannot be told apart from it, 34 does not")
    #expect(text([probe(37, .meets)]) == "\(meets), the least possible")
    #expect(text([probe(9, .fails)]) == "up to 9, none meets it")
    #expect(text([probe(9, .undecided)]) == "up to 9, none can be shown to meet it")
  }
}
