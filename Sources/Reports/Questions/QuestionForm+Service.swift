// The comparison of services, in the order of the trials.

import Recording
import Units

extension QuestionForm {
  /// The form for services: output of a GPU against the time of a token.
  static let service = QuestionForm(
    name: "service",
    yield: "Throughput and cost",
    headline: .outputPerHeldGPU,
    costs: ComparisonCosts(
      first: { -$0.value(.outputPerHeldGPU) }, firstTitle: "output/s/GPU",
      second: { $0.record.result.value(.requestTimePerToken, of: .all, .p50) ?? .infinity }),
    subject: nil, isRanked: false, rowsName: "points",
    tables: [
      ComparisonTable(
        title: "Service (*: no other row yields more tokens/s per GPU and has a shorter TPOT)",
        columns: [
          .init("requests/s") { significantText($0.value(.requestThroughput)) },
          .init("output/s/GPU") { significantText($0.value(.outputPerHeldGPU)) },
          .init("goodput/s", needs: .goodput) { significantText($0.value(.goodput)) },
          .init("attained", needs: .attainmentOfArrived) {
            percentText($0.value(.attainmentOfArrived))
          },
          .init("TTFT p50") { $0.time(.timeToFirstToken, .p50) },
          .init("TTFT p99") { $0.time(.timeToFirstToken, .p99) },
          .init("TPOT p50") { $0.time(.requestTimePerToken, .p50) },
          .init("TPOT p99") { $0.time(.requestTimePerToken, .p99) },
          .init("USD/M output") { significantText($0.value(.usdPerMillionOutputTokens)) },
          .beatsBest,
          .init("", .left) { $0.isPareto ? "*" : "" },
        ], notes: ["attained: of the requests that arrived, those inside all bounds"])
    ],
    details: { _ in [] })
}

extension ComparisonRow {
  /// A statistic of a time; a dash if no request has one.
  fileprivate func time(_ kind: MetricKind, _ statistic: MetricStatistic) -> String {
    record.result.value(kind, of: .all, statistic).map { durationText(seconds: $0) } ?? "-"
  }
}
