import Foundation
import Recording
import Testing

@testable import Experiments

@Suite("Intervals of figures from draws at both ends")
struct FigureIntervalsTests {
  /// Three draws at each end: of the step's time, of the optimizer's, and of a share.
  private static func ends(
    _ low: [Double], _ high: [Double], _ kind: MetricKind = .stepTime
  ) -> [[[Metric]]] {
    [low, high].map { $0.map { [Metric(kind, $0)] } }
  }

  private static func interval(
    _ kind: MetricKind, _ value: Double, _ choice: IntervalChoice, _ groups: [[[Metric]]]
  ) -> (Double?, Double?) {
    let metrics = FigureIntervals(choice, groups).added(to: [Metric(kind, value)])
    func end(_ statistic: MetricStatistic) -> Double? {
      metrics.first { $0.statistic == statistic }?.value
    }
    return (end(.low), end(.high))
  }

  @Test("a figure that does not vary within an end has the ends' means")
  func ends() throws {
    let (low, high) = Self.interval(
      .stepTime, 1, .nearest, Self.ends([0.9, 0.9, 0.9], [1.2, 1.2, 1.2]))

    #expect(abs(try #require(low) - 0.9) < 1e-12)
    #expect(abs(try #require(high) - 1.2) < 1e-12)
  }

  @Test("what draws of an end differ in adds to its distance in squares")
  func scatter() throws {
    // ln of the times: -0.2 and 0.3, with deviations of 0.1 and 0.05 within the ends.
    let times = [[-0.3, -0.2, -0.1], [0.25, 0.3, 0.35]].map { $0.map { exp($0) } }
    let draws = times.map { $0.map { [Metric(.stepTime, $0), Metric(.tokensPerDay, 100 / $0)] } }
    let (low, high) = Self.interval(.stepTime, 1, .nearest, draws)
    let (least, most) = Self.interval(.tokensPerDay, 100, .nearest, draws)

    let lowest = 0.05 - (0.0625 + 0.1645 * 0.1645).squareRoot()
    let highest = 0.05 + (0.0625 + 0.08224 * 0.08224).squareRoot()
    #expect(abs(try #require(low) - exp(lowest)) < 1e-4)
    #expect(abs(try #require(high) - exp(highest)) < 1e-4)
    #expect(abs(try #require(least) - 100 * exp(-highest)) < 1e-2)
    #expect(abs(try #require(most) - 100 * exp(-lowest)) < 1e-2)
  }

  @Test("a figure that has nothing to do with the step's time varies as within an end, no further")
  func unrelated() throws {
    // ln of the values: -0.1, 0, 0.1 twice; 1.645 deviations of 0.1 lie beyond all of them.
    let values = [-0.1, 0, 0.1].map { exp($0) }
    let draws = [0.9, 1.2].map { time in
      values.map { [Metric(.stepTime, time), Metric(.bubbleTime, $0)] }
    }
    let (low, high) = Self.interval(.bubbleTime, 1, .nearest, draws)

    #expect(abs(try #require(low) - exp(-0.1)) < 1e-4)
    #expect(abs(try #require(high) - exp(0.1)) < 1e-4)
  }

  @Test("what varies within one end does not move the other")
  func apart() throws {
    let (low, high) = Self.interval(
      .bubbleTime, 1, .nearest, Self.ends([0.9, 0.9, 0.9], [1, 1.2, 1.5], .bubbleTime))

    #expect(abs(try #require(low) - 0.9) < 1e-12)
    #expect(try #require(high) > 1.3)
  }

  @Test("draws are far from an approximation if an end is off by more than a fifth of the width")
  func far() {
    let intervals = FigureIntervals(.nearest, Self.ends([1, 1, 1], [2, 2, 2]))
    // ln 2 / 5 is ln 1.149.
    #expect(!intervals.isFar(from: [[1, 1, 1], [1.8, 1.8, 1.8]]))
    #expect(intervals.isFar(from: [[1, 1, 1], [1.7, 1.7, 1.7]]))
    #expect(intervals.isFar(from: [[1.2, 1.2, 1.2], [2, 2, 2]]))
  }

  @Test("a ratio that is no share of a whole has an end above its value")
  func ratios() throws {
    let (low, high) = Self.interval(
      .bubbleOverIdeal, 1.2, .nearest,
      Self.ends([1.1, 1.1, 1.1], [1.5, 1.5, 1.5], .bubbleOverIdeal))

    #expect(abs(try #require(low) - 1.1) < 1e-12)
    #expect(abs(try #require(high) - 1.5) < 1e-12)
  }

  @Test("a share stays between 0 and 1, and the value lies in its interval")
  func shares() throws {
    let (low, high) = Self.interval(
      .bubbleRatio, 0.02, .nearest, Self.ends([0, 0.5, 0.9], [0.3, 0.9, 0.99], .bubbleRatio))

    #expect(low == 0 && high == 0.99)
    let (first, last) = Self.interval(
      .stepTime, 2, .nearest, Self.ends([0.9, 0.9, 0.9], [1.2, 1.2, 1.2]))
    #expect(try #require(first) < 1 && last == 2)
  }

  @Test("a figure without negative values has no negative end")
  func rates() throws {
    let (low, high) = Self.interval(
      .goodput, 0.05, .nearest, Self.ends([0, 0, 0], [0.1, 0.2, 0.3], .goodput))
    #expect(try #require(high) > 0.2)
    #expect(low == 0)
  }

  @Test("replications give quantiles, and a figure that no draw changes has no interval")
  func quantiles() throws {
    let groups = (1...19).map { [[Metric(.stepTime, Double($0))]] }
    let (low, high) = Self.interval(.stepTime, 10, .replications(19), groups)

    #expect(low == 1 && high == 19)
    let same = (1...19).map { _ in [[Metric(.stepTime, 10.0)]] }
    #expect(Self.interval(.stepTime, 10, .replications(19), same) == (nil, nil))
  }

  @Test("quantiles of single replications widen in squares, and the mean keeps its interval")
  func replications() throws {
    let known = [
      Metric(.runDays, 10), Metric(.runDays, 9.9, statistic: .low),
      Metric(.runDays, 10.1, statistic: .high), Metric(.runDays, 7, statistic: .p5),
      Metric(.runDays, 13, statistic: .p95),
    ]
    let ends = [[[Metric(.runDays, 6.0)]], [[Metric(.runDays, 14.0)]]]
    let metrics = FigureIntervals(.nearest, ends).added(to: known)
    func value(_ statistic: MetricStatistic) -> Double? {
      metrics.first { $0.statistic == statistic }?.value
    }

    #expect(metrics.count == known.count)
    #expect(value(.low) == 9.9 && value(.high) == 10.1)
    #expect(abs(try #require(value(.p5)) - 5) < 1e-9)
    #expect(abs(try #require(value(.p95)) - 15) < 1e-9)
  }

  @Test("a mean below the quantiles of single replications widens them by what draws vary by alone")
  func beyond() throws {
    let known = [
      Metric(.runGoodput, 0.5), Metric(.runGoodput, 0.4, statistic: .low),
      Metric(.runGoodput, 0.6, statistic: .high), Metric(.runGoodput, 0.55, statistic: .p5),
    ]
    let ends = [0.4, 0.6].map { [[Metric(.runGoodput, $0)]] }
    let metrics = FigureIntervals(.nearest, ends).added(to: known)

    let value = try #require(metrics.first { $0.statistic == .p5 }?.value)
    #expect(abs(value - 0.4) < 1e-12)
  }

  @Test("mean and percentiles of latencies have ends, of classes too, but those of figures do not")
  func percentiles() throws {
    let scope = MetricScope.class("chat")
    func latencies(_ value: Double) -> [Metric] {
      [
        Metric(.timeToFirstToken, value, statistic: .p90),
        Metric(.timeToFirstToken, 2 * value, scope: scope, statistic: .p90),
        Metric(.timeToFirstToken, value, scope: .pool("prefill"), statistic: .p90),
        Metric(.timeToFirstToken, value, statistic: .p999),
        Metric(.runDays, value), Metric(.runDays, value, statistic: .p50),
      ]
    }
    let metrics = FigureIntervals(.nearest, [[latencies(0.9)], [latencies(1.2)]])
      .added(to: latencies(1))
    let ends = metrics.dropFirst(latencies(1).count)

    #expect(ends.map(\.statistic) == [.p90Low, .p90High, .p90Low, .p90High, .low, .high])
    #expect(ends.map(\.scope) == [.all, .all, scope, scope, .all, .all])
    for (end, value) in zip(ends, [0.9, 1.2, 1.8, 2.4, 0.9, 1.2]) {
      #expect(abs(end.value - value) < 1e-12)
    }
  }

  @Test("every end belongs to one statistic, under its name")
  func names() {
    let pairs = MetricStatistic.allCases.compactMap { statistic in
      statistic.ends.map { (statistic, $0) }
    }

    for (statistic, ends) in pairs {
      let prefix = statistic == .value ? "" : statistic.rawValue + "."
      #expect(ends.low.rawValue == prefix + "low" && ends.high.rawValue == prefix + "high")
    }
    #expect(MetricStatistic.allCases.filter(\.isEnd).count == 2 * pairs.count)
  }
}
