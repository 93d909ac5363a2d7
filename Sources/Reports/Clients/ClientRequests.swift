// The requests of a service as a client sees them. A client knows when it sent a request and when
// chunks of tokens came back; its clock starts with the first request.

import Recording
import Units

/// Requests with the quantities that several clients share.
struct ClientRequests {
  let record: RunRecord
  /// All requests in the order of arrival.
  let all: [RequestRecord]
  /// Those that finished.
  let finished: [RequestRecord]
  /// From the first arrival to the end of the last request, or of the simulation if some had not
  /// ended; seconds.
  let duration: Double

  init(_ record: RunRecord) {
    self.record = record
    all = record.requests
    finished = all.filter { $0.state == .finished }
    let start = all.map(\.arrival).min() ?? .zero
    let end = all.map { $0.ended ?? .zero + record.stepTime }.max() ?? start
    duration = (end - start).seconds
  }

  /// Prompt tokens of finished requests.
  var inputTokens: Int { finished.reduce(0) { $0 + $1.prompt } }
  /// Output tokens of finished requests.
  var outputTokens: Int { finished.reduce(0) { $0 + $1.tokens } }
  /// Requests that the client would report as failed.
  var failedCount: Int { all.count { $0.state == .rejected || $0.state == .lost } }

  /// Finished requests inside their objectives; nil if no class has any.
  var goodCount: Int? {
    all.contains { $0.isInside != nil } ? finished.count { $0.isInside ?? true } : nil
  }

  /// An amount per second; 0 in no time.
  func rate(_ amount: Int) -> JSONValue { .real(duration > 0 ? Double(amount) / duration : 0) }

  /// Seconds to the first token.
  var firstTokenTimes: [Double] { finished.compactMap { $0.timeToFirstToken?.seconds } }

  /// Seconds to the last token.
  var latencies: [Double] { finished.compactMap { $0.endToEnd?.seconds } }

  /// Seconds per token after the first, of requests with two tokens or more.
  var timesPerToken: [Double] {
    finished.compactMap { request in
      guard request.tokens > 1 else { return nil }
      return request.generation.map { $0.seconds / Double(request.tokens - 1) }
    }
  }

  /// Whether the moments of all tokens were kept.
  var hasMoments: Bool {
    finished.allSatisfy { $0.moments.count == $0.chunks } && !finished.isEmpty
  }

  /// Gaps between the moments of all finished requests, seconds; nil if they were not kept.
  var gaps: [Double]? { hasMoments ? finished.flatMap(\.gaps) : nil }

  /// Requests per second over the time of the arrivals, and the shape of a Gamma distribution with
  /// the mean and variance of their gaps: 1 for Poisson arrivals. Both nil if all arrive at once.
  var arrivals: (rate: Double?, shape: Double?) {
    let times = all.map(\.arrival).sorted()
    guard let first = times.first, let last = times.last, last > first else { return (nil, nil) }
    let gaps = Distribution(zip(times.dropFirst(), times).map { ($0 - $1).seconds })
    guard let mean = gaps.mean, let deviation = gaps.deviation else { return (nil, nil) }
    let shape = deviation > 0 ? (mean / deviation) * (mean / deviation) : nil
    return (1 / mean, shape)
  }

  /// Drafts verified, tokens drafted and accepted, in finished requests; nil without drafts.
  var drafts: (verifications: Int, drafted: Int, accepted: Int)? {
    let drafted = finished.reduce(0) { $0 + $1.drafted }
    let verifications = finished.reduce(0) { $0 + $1.verifications }
    guard verifications > 0 else { return nil }
    return (verifications, drafted, finished.reduce(0) { $0 + $1.acceptedDrafts })
  }
}

extension RequestRecord {
  /// Gaps between its moments, seconds.
  var gaps: [Double] { zip(moments.dropFirst(), moments).map { ($0 - $1).seconds } }
}

/// Mean, median, deviation and percentiles of a quantity in milliseconds.
struct ClientStatistics {
  private enum Source {
    /// The values themselves, seconds.
    case values(Distribution)
    /// A metric of the whole run, where the values were not kept.
    case metric(MetricKind, RunRecord)
  }

  private let source: Source

  init(_ seconds: [Double]) { source = .values(Distribution(seconds)) }

  /// The pooled gaps between tokens, exact if their moments were kept, else from the histogram.
  init(gapsOf requests: ClientRequests) {
    source =
      requests.gaps.map { .values(Distribution($0)) }
      ?? .metric(.interTokenLatency, requests.record)
  }

  /// A statistic in milliseconds; 0 for no values, as numpy gives for the clients' `values or 0`.
  func milliseconds(_ statistic: MetricStatistic) -> Double {
    let seconds: Double? =
      switch source {
      case .metric(let kind, let record): record.result.value(kind, of: .all, statistic)
      case .values(let values):
        switch statistic {
        case .mean: values.mean
        case .deviation: values.deviation
        default: statistic.permille.flatMap { values.percentile(permille: $0) }
        }
      }
    return (seconds ?? 0) * 1_000
  }
}
