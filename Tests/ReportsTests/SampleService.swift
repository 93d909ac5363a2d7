// Records of services, shared by the suites of this target.

import Recording
import Units

/// A point in time, whole milliseconds.
func at(_ milliseconds: Int) -> SimTime {
  SimTime(picoseconds: Int64(milliseconds) * 1_000_000_000)
}

/// An invented service of two classes and two pools.
func sampleService() -> RunRecord {
  RunRecord(
    provenance: Provenance(
      scenarioName: "answers", scenarioText: "model: tiny\n", scenarioHash: "ab12", seed: 7,
      programVersion: "0.1.0", question: "service", schedule: ""),
    result: SimulationResult(
      stepTime: SimDuration(seconds: 100), metrics: serviceMetrics, requests: serviceRequests,
      pools: [pool("prefill", 32), pool("decode", 144)], samples: [serviceSample],
      assumptions: ["one sentence"], fingerprint: "00ff"))
}

private let serviceMetrics: [Metric] = {
  let times = [MetricStatistic.mean, .p50, .p90, .p99]
  var values = [Metric(.gpuCount, 176), Metric(.simulatedTime, 100)]
  for (scope, factor) in [(MetricScope.all, 3.0), (.class("chat"), 2), (.class("batch"), 1)] {
    values += [
      Metric(.requestsArrived, factor * 100, scope: scope),
      Metric(.requestsFinished, factor * 90, scope: scope),
      Metric(.requestsRejected, factor * 10, scope: scope),
      Metric(.requestsMeasured, factor * 90, scope: scope),
      Metric(.goodput, factor, scope: scope),
      Metric(.attainmentOfArrived, factor / 4, scope: scope),
    ]
    for (index, statistic) in times.enumerated() {
      let time = factor * Double(index + 1)
      values += [
        Metric(.timeToFirstToken, time, scope: scope, statistic: statistic),
        Metric(.requestTimePerToken, time / 100, scope: scope, statistic: statistic),
      ]
    }
  }
  values += [
    Metric(.requestsTooLong, 30), Metric(.warmUpRequests, 40), Metric(.waitingGrowth, 0.1),
    Metric(.waitingGrowth, -0.1, statistic: .low), Metric(.waitingGrowth, 0.3, statistic: .high),
    Metric(.steadyTimeToFirstToken, 3), Metric(.steadyTimeToFirstToken, 2.5, statistic: .low),
    Metric(.steadyTimeToFirstToken, 3.5, statistic: .high), Metric(.requestThroughput, 2.7),
    Metric(.outputPerHeldGPU, 600), Metric(.usdPerMillionOutputTokens, 0.93),
    Metric(.utilisation, 0.4, scope: .pool("prefill")),
    Metric(.utilisation, 0.7, scope: .pool("decode")),
    Metric(.cacheOccupancy, 0.93, scope: .pool("decode"), statistic: .mean),
    Metric(.queuedForPool, 1.5, scope: .pool("prefill")),
    Metric(.queuedForPool, 12.25, scope: .pool("decode")),
  ]
  return MetricKind.all.flatMap { kind in values.filter { $0.kind == kind } }
}()

private func pool(_ name: String, _ gpus: Int) -> PoolUse {
  var pool = PoolUse(name: name, gpusPerUnit: gpus, units: 1)
  pool.heldGPUSeconds = 100 * Double(gpus)
  return pool
}

private let serviceSample: ServiceSample = {
  var sample = ServiceSample(time: at(60_000))
  sample.arrived = 180
  sample.queued = 3
  return sample
}()

/// Three finished requests and a rejected one, in milliseconds:
/// - 0 to 100, 300, 600, with 1, 2 and 1 tokens;
/// - 500 to 1500 with one token;
/// - 1000 to 1400, 2400 with one token each.
let serviceRequests: [RequestRecord] = {
  func served(_ arrival: Int, prompt: Int, output: Int, _ moments: [Int]) -> RequestRecord {
    var request = RequestRecord(
      trafficClass: "chat", state: .finished, prompt: prompt, output: output,
      arrival: at(arrival))
    request.firstScheduled = at(arrival)
    request.firstToken = moments.first.map(at)
    request.lastToken = moments.last.map(at)
    request.ended = request.lastToken
    request.tokens = output
    request.chunks = moments.count
    request.moments = moments.map(at)
    return request
  }
  var first = served(0, prompt: 10, output: 4, [100, 300, 600])
  first.drafted = 4
  first.acceptedDrafts = 1
  first.verifications = 2
  var rejected = RequestRecord(
    trafficClass: "batch", state: .rejected, reason: "too_long", prompt: 999, output: 9,
    arrival: at(700))
  rejected.ended = at(700)
  return [
    first, served(500, prompt: 20, output: 1, [1_500]), rejected,
    served(1_000, prompt: 30, output: 2, [1_400, 2_400]),
  ]
}()
