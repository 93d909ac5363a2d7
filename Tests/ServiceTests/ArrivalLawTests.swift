import Foundation
import Testing
import Units

@testable import Service

@Suite("Arrivals")
struct ArrivalLawTests {
  private static let count = 200_000

  private func gaps(_ law: GapLaw, isFirst: Bool = false) -> [Double] {
    (0..<Self.count).map { index in
      var stream = RandomStream(seed: 3, purpose: RandomPurpose("test"), entity: index)
      return isFirst ? law.firstGap(&stream) : law.gap(&stream)
    }
  }

  private func moments(_ values: [Double]) -> (mean: Double, cv: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, square.squareRoot() / mean)
  }

  /// Laws with their coefficient of variation: 1 / sqrt(shape), and that of Weibull's law.
  static let laws: [(law: GapLaw, cv: Double)] = [
    (.constant, 0), (.poisson, 1), (.gamma(shape: 0.25), 2), (.gamma(shape: 4), 0.5),
    (.weibull(shape: 2), (tgamma(2) / pow(tgamma(1.5), 2) - 1).squareRoot()),
    (.weibull(shape: 0.6), (tgamma(1 + 2 / 0.6) / pow(tgamma(1 + 1 / 0.6), 2) - 1).squareRoot()),
  ]

  @Test("gaps have a mean of 1 and the law's coefficient of variation", arguments: laws)
  func gapMoments(law: GapLaw, cv: Double) {
    let found = moments(gaps(law))

    // Four standard errors of the mean, and 2 % of the deviation, with seed 3.
    #expect(abs(found.mean - 1) <= 4 * cv / Double(Self.count).squareRoot())
    #expect(abs(found.cv - cv) <= 0.02 * cv)
  }

  @Test("the first gap of a process that has run before has the mean (1 + cv^2) / 2")
  func firstGap() {
    for (law, cv) in Self.laws {
      let found = moments(gaps(law, isFirst: true)).mean

      #expect(abs(found / ((1 + cv * cv) / 2) - 1) < 0.03, "\(law)")
    }
  }

  @Test("a cursor passes the moments at which the integral of the rate has given values")
  func inversion() {
    // 2 t + t^2 / 2 up to 10 s, nothing for 5 s, then 1 per second.
    let profile = RateProfile(
      [
        .init(length: 10, first: 2, last: 12), .init(length: 5, first: 0, last: 0),
        .init(length: 5, first: 1, last: 1),
      ], repeats: false)
    var cursor = profile.cursor

    let times = [0.0, 2.5, 67.5, 2, 4].map { cursor.advance(by: $0) }

    #expect(profile.total == 75)
    #expect(times[0] == 0)
    #expect(times[1] == 1)
    #expect(abs((times[2] ?? 0) - 15) < 1e-9)
    #expect(abs((times[3] ?? 0) - 17) < 1e-9)
    #expect(times[4] == nil)
  }

  @Test("a day has its rate at each hour, linear between hours, every day")
  func day() {
    let hours = (0..<24).map { $0 == 12 ? 10.0 : 0 }
    let load = GeneratedLoad(
      arrivals: .open(.constant, .day(hours)), count: 72_000, duration: nil,
      classes: [.init(prompt: .fixed(1), output: .fixed(1))]
    ).load(seed: 1)

    // The triangle from 11 to 13 o'clock holds 36,000 requests, half of them before noon.
    let seconds = load.requests.map { $0.arrival.seconds }
    #expect(
      seconds.allSatisfy {
        (39_600...46_800.001).contains($0.truncatingRemainder(dividingBy: 86_400))
      })
    #expect(abs(seconds[17_999] - 43_200) < 1e-3)
    #expect(abs(seconds[53_999] - 129_600) < 1e-3)
  }
}
