// Traffic with a mix of domains that changes over the day, and plans made on an earlier part of it.

import Testing

@testable import Routing

@Suite("Drifting loads")
struct DomainMixTests {
  /// Two layers; the first domain visits only the first expert, the second only the last.
  private static let disjoint = LoadProfile(
    domains: ["a", "b"], experts: 3,
    shares: Array(repeating: [[1, 0, 0], [0, 0, 1]], count: 2), notes: [])

  @Test("the same seed gives the same traffic, and a minute's counts sum to its token-expert pairs")
  func traffic() {
    let mix = DomainMix(layers: 2, experts: 16, topK: 2, domains: 3, minutes: 5, seed: 5)
    #expect(mix.counts(minute: 3) == mix.counts(minute: 3))
    let sum = mix.counts(minute: 3)[1].reduce(0) { $0 + Double($1) }
    // Two million pairs: four standard deviations of the count are 0.3 %.
    #expect(abs(sum / (2 * DomainMix.assumedTokensPerMinute) - 1) < 0.003)
  }

  @Test("the domains of a profile visit their experts in every layer, each peaking at its own hour")
  func profile() {
    let mix = DomainMix(Self.disjoint, layers: 5, topK: 1, minutes: 1440, seed: 2)

    var wins = 0
    for minute in stride(from: 0, to: 1440, by: 60) {
      let counts = mix.counts(minute: minute)
      for layer in 0..<5 {
        #expect(counts[layer][1] == 0)
        // All layers see the same tokens; arrivals scatter by 0.1 %.
        let share = Double(counts[layer][0]) / Double(counts[0][0])
        #expect(abs(share - 1) < 0.02)
      }
      // The first domain's share follows 1 + 0.8 cos of the hour, the second's half a day later.
      let isDay = minute <= 300 || minute >= 1140
      let isNight = (420...1020).contains(minute)
      if isDay && counts[0][0] > counts[0][2] { wins += 1 }
      if isNight && counts[0][0] < counts[0][2] { wins += 1 }
    }
    // Out of 21 hours; the random wander reverses some close to the crossover.
    #expect(wins >= 17)
  }

  @Test("a 3-minute window that ended 5 minutes before the step sums the traffic of those minutes")
  func window() {
    let spec = RoutingSpec(.logNormal(sigma: 0.7), seed: 11)
    let mix = DomainMix(
      layers: 2, experts: 8, topK: 2, domains: DomainMix.assumedDomains, minutes: 2881, seed: 11,
      sigma: 0.7)

    let loads = DriftedLoads(
      spec, plan: PlanTiming(windowMinutes: 3, ageMinutes: 5), layers: 2, experts: 8, topK: 2)

    #expect(loads.served == mix.counts(minute: 2880))
    let parts = [2872, 2873, 2874].map { mix.counts(minute: $0) }
    for index in loads.planned.values.indices {
      #expect(loads.planned.values[index] == parts.reduce(0) { $0 + $1.values[index] })
    }
  }

  @Test("every plan serves the same minute, and the oldest is based on the first day")
  func served() {
    let spec = RoutingSpec(.profile(Self.disjoint), seed: 3)
    func loads(_ window: Int, _ age: Int) -> DriftedLoads {
      DriftedLoads(
        spec, plan: PlanTiming(windowMinutes: window, ageMinutes: age), layers: 1, experts: 3,
        topK: 1)
    }

    let (fresh, old) = (loads(1, 0), loads(1440, 1440))
    #expect(fresh.served == old.served)
    let pairs = old.planned[0].reduce(0) { $0 + Double($1) }
    #expect(abs(pairs / (1440 * DomainMix.assumedTokensPerMinute) - 1) < 0.001)
    // Over a whole day both domains are equally frequent, up to their wander.
    #expect(abs(Double(old.planned[0][0]) / pairs - 0.5) < 0.1)
  }

  @Test("only log-normal loads and profiles have domains that drift")
  func sources() {
    #expect(DriftedLoads.canDrift(.logNormal(sigma: 1)))
    #expect(DriftedLoads.canDrift(.profile(Self.disjoint)))
    #expect(!DriftedLoads.canDrift(.uniform))
    #expect(!DriftedLoads.canDrift(.zipf(exponent: 1)))
    #expect(!DriftedLoads.canDrift(.counts(ExpertLoads(layers: 1, experts: 1, values: [1]))))
  }
}
