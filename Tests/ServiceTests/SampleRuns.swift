// Runs of a service, made by hand. Shared by the suites of this target.

import Recording
import Units

@testable import Service

/// A point in time, whole microseconds.
func at(_ microseconds: Int) -> SimTime {
  SimTime(picoseconds: Int64(microseconds) * 1_000_000)
}

/// A request that was shown tokens at moments, in whole microseconds.
struct SampleRequest {
  var arrival: Int
  var prompt = 10
  var chunks: [(time: Int, tokens: Int)] = []
  var end = RequestOutcome.End.finished
  var trafficClass = 0

  var request: ServiceRequest {
    var request = ServiceRequest(
      arrival: at(arrival), prompt: prompt, output: chunks.reduce(0) { $0 + $1.tokens })
    request.trafficClass = trafficClass
    return request
  }

  var outcome: RequestOutcome {
    var outcome = RequestOutcome(arrival: at(arrival))
    outcome.end = end
    outcome.firstToken = chunks.first.map { at($0.time) }
    outcome.lastToken = chunks.last.map { at($0.time) }
    outcome.tokens = chunks.reduce(0) { $0 + $1.tokens }
    outcome.chunks = chunks.count
    let hasEnded = end != .running && end != .queued
    outcome.ended = hasEnded ? at(chunks.last?.time ?? arrival) : nil
    return outcome
  }

  /// Gaps between its moments, microseconds.
  var gaps: [Int] { zip(chunks.dropFirst(), chunks).map { $0.time - $1.time } }
}

/// A run of requests, with the gaps of the finished ones.
func sampleRun(
  _ requests: [SampleRequest], classes: Int = 1, pools: [PoolUse] = [], end: SimTime
) -> ServiceRun {
  var gaps = Array(repeating: GapHistogram(), count: classes)
  for request in requests where request.end == .finished {
    for gap in request.gaps {
      gaps[request.trafficClass].add(SimDuration(picoseconds: Int64(gap) * 1_000_000))
    }
  }
  return ServiceRun(
    requests: requests.map(\.request), outcomes: requests.map(\.outcome), gaps: gaps,
    pools: pools, end: end, fingerprint: "00ff")
}

/// A basis with one class without objectives: 500 W and USD 2 a GPU-hour, 8 GPUs a node.
func sampleBasis(_ classes: [TrafficClass] = [TrafficClass(name: "all")]) -> ServiceBasis {
  ServiceBasis(
    classes: classes, gpusPerNode: 8, power: Watts(500), price: USDollarsPerGPUHour(2))
}

extension ServiceFigures {
  /// The value of one metric; nil if there is none.
  func value(
    _ kind: MetricKind, of scope: MetricScope = .all, _ statistic: MetricStatistic = .value
  ) -> Double? {
    metrics().first { $0.kind == kind && $0.scope == scope && $0.statistic == statistic }?.value
  }
}
