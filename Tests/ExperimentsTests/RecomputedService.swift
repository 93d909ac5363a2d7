// Recomputes the metrics of a service from its printed definitions, using the rows of a results
// file. Pooled gaps between tokens have no rows.

import Foundation
import Recording
import Units

@testable import Service

/// A run of a service read back from a results file, with its requests.
struct RecomputedService {
  let record: RunRecord
  /// Arrivals that count; nil for all.
  private let window: Range<SimTime>?
  private let gpusPerNode: Int
  private let powerWatts: Double
  private let pricePerGPUHour: Double

  init(_ record: RunRecord, _ basis: ServiceBasis) {
    self.record = record
    window = basis.window
    gpusPerNode = basis.gpusPerNode
    powerWatts = basis.power.value
    pricePerGPUHour = basis.price.value
  }

  /// Whether a metric of a service can be recomputed: pooled gaps have no rows, and bounds of
  /// intervals depend on batches, which have no printed definition.
  static func canRecompute(_ metric: Metric) -> Bool {
    metric.kind != .interTokenLatency && metric.statistic != .low && metric.statistic != .high
  }

  private var seconds: Double {
    let end = record.stepTime.seconds
    return window.map {
      min(end, ($0.upperBound - SimTime.zero).seconds) - ($0.lowerBound - SimTime.zero).seconds
    } ?? end
  }

  /// The value of a metric by its definition; nil if it is not defined for the run.
  func value(_ metric: Metric) -> Double? {
    switch metric.scope {
    case .all:
      count(metric, record.requests) ?? latency(metric, record.requests)
        ?? attainment(metric, record.requests) ?? throughput(metric.kind)
        ?? use(metric, record.pools) ?? whole(metric.kind) ?? steadiness(metric)
    case .class(let name): ofClass(metric, record.requests.filter { $0.trafficClass == name })
    case .pool(let name): use(metric, record.pools.filter { $0.name == name })
    case .rank: nil
    }
  }

  private func ofClass(_ metric: Metric, _ requests: [RequestRecord]) -> Double? {
    count(metric, requests) ?? latency(metric, requests) ?? attainment(metric, requests)
  }

  private func measured(_ requests: [RequestRecord]) -> [RequestRecord] {
    requests.filter { $0.state == .finished && window?.contains($0.arrival) ?? true }
  }

  private func count(_ metric: Metric, _ requests: [RequestRecord]) -> Double? {
    func number(_ isCounted: (RequestRecord) -> Bool) -> Double {
      Double(requests.count(where: isCounted))
    }
    return switch metric.kind {
    case .requestsArrived: Double(requests.count)
    case .requestsFinished: number { $0.state == .finished }
    case .requestsRejected: number { $0.state == .rejected }
    case .requestsLost: number { $0.state == .lost }
    case .requestsRunning: number { $0.state == .running }
    case .requestsQueued: number { $0.state == .queued }
    case .requestsTooLong: number { $0.reason == "too_long" }
    case .requestsNeverFitting: number { $0.reason == "never_fits" }
    case .requestsQueueFull: number { $0.reason == "queue_full" }
    case .requestsFailed: number { $0.reason == "instance_failed" }
    case .requestsTimedOut: number { $0.reason == "timeout" }
    case .requestsMeasured: Double(measured(requests).count)
    default: nil
    }
  }

  /// Seconds of a request by the definition of a metric; nil if it has none.
  private func time(_ kind: MetricKind, _ request: RequestRecord) -> Double? {
    guard let first = request.firstToken, let last = request.lastToken else { return nil }
    let start = request.arrival.seconds
    let perToken =
      request.tokens > 1
      ? (last.seconds - first.seconds) / Double(request.tokens - 1) : nil as Double?
    return switch kind {
    case .timeToFirstToken: first.seconds - start
    case .requestTimePerToken: perToken
    case .timePerTokenWithFirst: (last.seconds - start) / Double(request.tokens)
    case .endToEnd: last.seconds - start
    case .queueing: request.firstScheduled.map { $0.seconds - start }
    case .interactivity: perToken.map { 1 / $0 }
    default: nil
    }
  }

  private func latency(_ metric: Metric, _ requests: [RequestRecord]) -> Double? {
    if metric.kind == .endToEndInteractivity {
      let times = measured(requests).compactMap { time(.timePerTokenWithFirst, $0) }
      return 1 / percentile(times, 0.9)
    }
    let values = measured(requests).compactMap { time(metric.kind, $0) }
    guard !values.isEmpty else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    return switch metric.statistic {
    case .mean: mean
    case .deviation:
      (values.reduce(0) { $0 + pow($1 - mean, 2) } / Double(values.count)).squareRoot()
    case .least: values.min()
    case .greatest: values.max()
    default: metric.statistic.permille.map { percentile(values, Double($0) / 1_000) }
    }
  }

  private func percentile(_ values: [Double], _ share: Double) -> Double {
    let sorted = values.sorted()
    let rank = Double(sorted.count - 1) * share
    let low = Int(rank)
    let high = min(low + 1, sorted.count - 1)
    return sorted[low] + (sorted[high] - sorted[low]) * (rank - Double(low))
  }

  private func attainment(_ metric: Metric, _ requests: [RequestRecord]) -> Double? {
    let inside = measured(requests).filter { $0.isInside ?? true }
    let count = Double(inside.count)
    return switch metric.kind {
    case .goodput: count / seconds
    case .goodputTokens: Double(inside.reduce(0) { $0 + $1.tokens }) / seconds
    case .attainmentOfArrived:
      count / Double(requests.count { window?.contains($0.arrival) ?? true })
    case .attainmentOfFinished: count / Double(measured(requests).count)
    default: nil
    }
  }

  private func throughput(_ kind: MetricKind) -> Double? {
    func rate(_ amount: (RequestRecord) -> Int) -> Double {
      Double(measured(record.requests).map(amount).reduce(0, +)) / seconds
    }
    return switch kind {
    case .requestThroughput: rate { _ in 1 }
    case .inputThroughput: rate(\.prompt)
    case .cachedInputThroughput: rate { $0.cachedTokens ?? 0 }
    case .outputThroughput: rate(\.tokens)
    case .totalThroughput: rate(\.prompt) + rate(\.tokens)
    default: nil
    }
  }

  private func use(_ metric: Metric, _ pools: [PoolUse]) -> Double? {
    func sum(_ part: (PoolUse) -> Double) -> Double { pools.map(part).reduce(0, +) }
    let cached = sum { Double($0.cachedPromptTokens) }
    return switch (metric.kind, metric.statistic) {
    case (.utilisation, _): sum(\.busyGPUSeconds) / sum(\.heldGPUSeconds)
    case (.cacheOccupancy, .mean): sum(\.usedTokenSeconds) / sum(\.availableTokenSeconds)
    case (.cacheOccupancy, .greatest): pools.map(\.peakUse).max()
    case (.cacheHitRatio, _): cached / (cached + sum { Double($0.computedPromptTokens) })
    case (.hostHitRatio, _):
      sum { Double($0.hostPromptTokens) } / (cached + sum { Double($0.computedPromptTokens) })
    case (.storeHitRatio, _):
      sum { Double($0.storePromptTokens) } / (cached + sum { Double($0.computedPromptTokens) })
    case (.preemptions, _): sum { Double($0.preemptions) }
    case (.steps, _): sum { Double($0.steps) }
    case (.queuedForPool, _): sum(\.queuedRequestSeconds) / record.stepTime.seconds
    case (.slowestOverEven, _): sum(\.slowestSeconds) / sum(\.evenSeconds)
    case (.expertImbalance, _): sum(\.imbalanceSeconds) / record.stepTime.seconds
    case (.firstExpertImbalance, _): sum(\.firstImbalanceSeconds) / record.stepTime.seconds
    case (.rebalancings, _): sum { Double($0.rebalancings) }
    case (.movedExpertBytes, _): sum(\.movedExpertBytes)
    case (.standstill, _): sum(\.standstillSeconds)
    default: nil
    }
  }

  private func whole(_ kind: MetricKind) -> Double? {
    let pools = record.pools
    let held = pools.map(\.heldGPUSeconds).reduce(0, +)
    let output = Double(record.requests.map(\.tokens).reduce(0, +))
    let prompts = record.requests.filter { $0.state == .finished }.map(\.prompt).reduce(0, +)
    let drafted = Double(record.requests.map(\.drafted).reduce(0, +))
    let accepted = Double(record.requests.map(\.acceptedDrafts).reduce(0, +))
    let verifications = Double(record.requests.map(\.verifications).reduce(0, +))
    return switch kind {
    case .simulatedTime: record.stepTime.seconds
    case .gpuCount: Double(pools.map { $0.units * $0.gpusPerUnit }.reduce(0, +))
    case .retries: Double(record.requests.map(\.retries).reduce(0, +))
    case .acceptanceRate: accepted / drafted
    case .acceptanceLength: 1 + accepted / verifications
    case .outputPerHeldGPU: output / held
    case .outputPerBusyGPU: output / pools.map(\.busyGPUSeconds).reduce(0, +)
    case .outputPerNode: output / held * Double(gpusPerNode)
    case .totalPerHeldGPU: (output + Double(prompts)) / held
    case .gpuHoursHeld: held / 3_600
    case .gpuHoursFree: pools.map(\.freeGPUSeconds).reduce(0, +) / 3_600
    case .costUSD: held / 3_600 * pricePerGPUHour
    case .energyMWh: held / 3_600 * powerWatts / 1e6
    case .usdPerMillionOutputTokens: held / 3_600 * pricePerGPUHour / output * 1e6
    case .joulesPerOutputToken: held * powerWatts / output
    default: nil
    }
  }

  // MARK: Steady state

  private func steadiness(_ metric: Metric) -> Double? {
    switch metric.kind {
    case .warmUpRequests: return Double(warmUp)
    case .waitingGrowth where metric.statistic == .value: return growth
    default: break
    }
    let times: [MetricKind: MetricKind] = [
      .steadyTimeToFirstToken: .timeToFirstToken, .steadyTimePerToken: .requestTimePerToken,
      .steadyEndToEnd: .endToEnd,
    ]
    guard metric.statistic == .value, let kind = times[metric.kind] else { return nil }
    let kept = measured(record.requests).dropFirst(warmUp).compactMap { time(kind, $0) }
    return kept.reduce(0, +) / Double(kept.count)
  }

  /// The cut with the least variance of the rest over its count, in batches of 5, of which
  /// 5 stay.
  private var warmUp: Int {
    let first = measured(record.requests).compactMap { time(.timeToFirstToken, $0) }
    let batches = (0..<first.count / 5).map { first[$0 * 5..<$0 * 5 + 5].reduce(0, +) / 5 }
    let scores = (0...batches.count - 5).map { cut in
      let rest = batches[cut...]
      let mean = rest.reduce(0, +) / Double(rest.count)
      return rest.reduce(0) { $0 + pow($1 - mean, 2) } / pow(Double(rest.count), 2)
    }
    return 5 * (scores.indices.min { scores[$0] < scores[$1] } ?? 0)
  }

  /// The slope of the waiting requests that arrivals of the last half meet, in groups of arrivals.
  private var growth: Double {
    let all = record.requests
    let times = all.map(\.arrival.seconds)
    let ends = all.map { ($0.firstToken ?? $0.ended)?.seconds ?? record.stepTime.seconds }
    let middle = (times[0] + times[times.count - 1]) / 2
    let late = times.indices.filter { times[$0] >= middle }
    let size = max(1, late.count / 100)
    var points: [(x: Double, y: Double)] = []
    for group in 0..<late.count / size {
      let members = late[group * size..<(group + 1) * size]
      let waiting = members.map { member in
        Double(member - ends.count { $0 <= times[member] })
      }
      points.append(
        (
          members.map { times[$0] }.reduce(0, +) / Double(size),
          waiting.reduce(0, +) / Double(size)
        ))
    }
    let count = Double(points.count)
    let x = points.map(\.x).reduce(0, +) / count
    let y = points.map(\.y).reduce(0, +) / count
    return points.map { ($0.x - x) * ($0.y - y) }.reduce(0, +)
      / points.map { pow($0.x - x, 2) }.reduce(0, +)
  }
}
