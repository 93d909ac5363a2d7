import Foundation
import Recording
import Testing
import Units

@testable import Service

/// The reference: metrics of six requests as exact fractions of microseconds, from a separate
/// implementation.
@Suite("Metrics equal the golden ones exactly")
struct GoldenMetricsTests {
  private struct Golden: Decodable {
    struct Request: Decodable {
      var id: String
      var arrival: Int
      var chunks: [[Int]]
      var state: String?
    }
    struct Row: Decodable {
      var id: String
      var output, ttft, e2e: Int
      var tpot_with_first: String
      var tpot: String?
      var chunk_gaps: [Int]
    }
    var requests: [Request]
    var rows: [Row]
    var mean: [String: String]
    var linear: [String: [String: String]]
    var nearest_rank: [String: [String: Int]]
    var slo_inclusive: [String: Int]
    var inside: [String]
    var attainment_of_arrived, attainment_of_finished: String
  }

  private func golden() throws -> Golden {
    let url = try #require(
      Bundle.module.url(forResource: "metrics", withExtension: "json", subdirectory: "Fixtures"))
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  private func requests(_ golden: Golden) -> [SampleRequest] {
    golden.requests.map { request in
      let end: RequestOutcome.End =
        switch request.state {
        case "rejected": .rejected(.queueFull)
        case "lost": .lost(.instanceFailed)
        default: .finished
        }
      return SampleRequest(
        arrival: request.arrival, chunks: request.chunks.map { ($0[0], $0[1]) }, end: end)
    }
  }

  /// A fraction of microseconds as the nearest number of picoseconds.
  private func picoseconds(_ fraction: String) throws -> Double {
    let parts = try fraction.split(separator: "/").map { try #require(Double($0)) }
    return parts[0] * 1e6 / (parts.count > 1 ? parts[1] : 1)
  }

  @Test("the times of each request")
  func rows() throws {
    let golden = try golden()
    let outcomes = requests(golden).map(\.outcome)

    for (row, index) in zip(golden.rows, golden.rows.indices) {
      let outcome = outcomes[index]
      #expect(golden.requests[index].id == row.id && outcome.tokens == row.output)
      #expect(outcome.timeToFirstToken == at(row.ttft) - .zero)
      #expect(outcome.endToEnd == at(row.e2e) - .zero)
      #expect(outcome.picosecondsPerToken == (try row.tpot.map(picoseconds)))
      #expect(outcome.picosecondsPerTokenWithFirst == (try picoseconds(row.tpot_with_first)))
      #expect(requests(golden)[index].gaps == row.chunk_gaps)
    }
  }

  @Test("means and percentiles of the finished requests")
  func statistics() throws {
    let golden = try golden()
    let requests = requests(golden).filter { $0.end == .finished }
    let outcomes = requests.map(\.outcome)
    let gaps = sampleRun(requests, end: at(3_300)).gaps[0]
    let distributions = [
      "ttft": outcomes.compactMap { $0.timeToFirstToken.map { Double($0.picoseconds) } },
      "e2e": outcomes.compactMap { $0.endToEnd.map { Double($0.picoseconds) } },
      "tpot": outcomes.compactMap(\.picosecondsPerToken),
      "tpot_with_first": outcomes.compactMap(\.picosecondsPerTokenWithFirst),
      "itl_pooled_chunks": requests.flatMap(\.gaps).map { Double($0) * 1e6 },
    ].mapValues { Distribution($0) }

    #expect(golden.mean.count == 5 && golden.linear.count == 4)
    for (name, mean) in golden.mean {
      #expect(distributions[name]?.mean == (try picoseconds(mean)), "\(name)")
    }
    for (percent, values) in golden.linear {
      let permille = try #require(Int(percent)) * 10
      for (name, value) in values {
        let found = distributions[name]?.percentile(permille: permille)
        #expect(found == (try picoseconds(value)), "\(name), p\(percent)")
      }
    }
    for (percent, values) in golden.nearest_rank {
      let value = try #require(values["itl_pooled_chunks"])
      #expect(gaps.percentile(try #require(Double(percent))) == at(value) - .zero)
    }
    #expect(gaps.mean == (try picoseconds("1750/3")) * 1e-12)
  }

  @Test("goodput with inclusive bounds, over arrived and over finished requests")
  func objectives() throws {
    let golden = try golden()
    var objectives = TrafficClass(name: "all")
    objectives.timeToFirstToken = at(try #require(golden.slo_inclusive["ttft"])) - .zero
    objectives.timePerOutputToken = at(try #require(golden.slo_inclusive["tpot"])) - .zero
    let run = sampleRun(requests(golden), end: at(3_300))

    let figures = ServiceFigures(run, basis: sampleBasis([objectives]))

    let inside = zip(golden.requests, run.outcomes).filter { $0.1.isInside(objectives) }
    #expect(inside.map(\.0.id) == golden.inside)
    #expect(golden.attainment_of_arrived == "1/3" && golden.attainment_of_finished == "1/2")
    #expect(figures.value(.attainmentOfArrived) == 1.0 / 3)
    #expect(figures.value(.attainmentOfFinished) == 1.0 / 2)
    // A and B are inside, with 6 tokens and 1, in 3.3 ms.
    #expect(figures.value(.goodput) == 2 / 3.3e-3)
    #expect(figures.value(.goodputTokens) == 7 / 3.3e-3)
    #expect(figures.value(.requestsLost) == 1 && figures.value(.requestsRejected) == 1)
    #expect(figures.value(.timeToFirstToken, .mean) == 1_400e-6)
    #expect(figures.value(.timeToFirstToken, .p90) == 1_980e6 * 1e-12)
  }
}

extension ServiceFigures {
  /// The value of a statistic of the whole run.
  fileprivate func value(_ kind: MetricKind, _ statistic: MetricStatistic) -> Double? {
    value(kind, of: .all, statistic)
  }
}
