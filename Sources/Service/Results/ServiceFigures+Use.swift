// Figures of a service's steady state, pools and cost.

import Recording
import Units

extension ServiceFigures {
  /// Groups of arrivals in which the requests without a first token are counted.
  private static let groups = 100

  /// Warm-up, growth of the queue, and, if it does not grow, the means after the warm-up.
  var steadiness: [Metric] {
    var values: [Metric] = []
    let growth = waitingGrowth
    values += growth.map { $0.metrics(.waitingGrowth) } ?? []
    let measured = measured(Array(run.outcomes.indices)).sorted {
      (run.outcomes[$0].arrival, $0) < (run.outcomes[$1].arrival, $1)
    }
    func seconds(_ time: (RequestOutcome) -> Double?) -> [Double] {
      measured.compactMap { time(run.outcomes[$0]).map { $0 * 1e-12 } }
    }
    let first = seconds { $0.timeToFirstToken.map { Double($0.picoseconds) } }
    guard let cut = SteadyState.warmUp(first) else { return values }
    values.append(Metric(.warmUpRequests, Double(cut)))
    if let growth, growth.low > 0 { return values }
    func add(_ kind: MetricKind, _ time: (RequestOutcome) -> Double?) {
      let kept = measured.dropFirst(cut).compactMap { time(run.outcomes[$0]).map { $0 * 1e-12 } }
      values += SteadyState.mean(kept)?.metrics(kind) ?? []
    }
    add(.steadyTimeToFirstToken) { $0.timeToFirstToken.map { Double($0.picoseconds) } }
    add(.steadyTimePerToken) { $0.picosecondsPerToken }
    add(.steadyEndToEnd) { $0.endToEnd.map { Double($0.picoseconds) } }
    return values
  }

  /// The slope of the requests that wait for their first token, as arrivals meet them, over the
  /// last half of the time in which requests arrive.
  ///
  /// Counted at arrivals, since counts at regular times beat with regular arrivals. On M/M/1
  /// queues of 1,000 arrivals, 3 % of those at 80 % load and 74 % of those at 120 % are found to
  /// grow; of 10,000 arrivals, 2 % and all.
  private var waitingGrowth: Estimate? {
    let arrivals = run.outcomes.map(\.arrival.picoseconds).sorted()
    guard let start = arrivals.first, let end = arrivals.last, end > start else { return nil }
    // A request without a first token waits until it has ended, or to the last event.
    let ends = run.outcomes.map { ($0.firstToken ?? $0.ended ?? run.end).picoseconds }.sorted()
    let half = arrivals.firstIndex { $0 >= start + (end - start) / 2 } ?? 0
    let size = max(1, (arrivals.count - half) / Self.groups)
    var ended = 0
    var times: [Double] = []
    var waiting: [Double] = []
    for first in stride(from: half, through: arrivals.count - size, by: size) {
      var (time, count) = (0.0, 0)
      for index in first..<first + size {
        while ended < ends.count, ends[ended] <= arrivals[index] { ended += 1 }
        time += Double(arrivals[index] - start) * 1e-12
        count += index - ended
      }
      times.append(time / Double(size))
      waiting.append(Double(count) / Double(size))
    }
    return SteadyState.slope(waiting, at: times)
  }

  /// Figures that have no meaning for several pools together.
  private static let ofOnePool: [MetricKind] = [
    .slowestOverEven, .queuedForPool, .rebalancings, .expertImbalance, .firstExpertImbalance,
  ]

  /// Figures of the pools, and of all of them together.
  var use: [Metric] {
    var values = run.pools.flatMap { use($0, .pool($0.name)) }
    var all = PoolUse(name: "all", gpusPerUnit: 0, units: 0)
    for pool in run.pools { all.add(pool) }
    values += use(all, .all).filter { !Self.ofOnePool.contains($0.kind) }
    let gpus = run.pools.reduce(0) { $0 + $1.gpusPerUnit * $1.units }
    values.append(Metric(.gpuCount, Double(gpus)))
    values.append(Metric(.retries, Double(run.outcomes.reduce(0) { $0 + $1.retries })))
    values.append(Metric(.simulatedTime, run.end.seconds))
    let drafted = run.outcomes.reduce(0) { $0 + $1.drafted }
    let accepted = Double(run.outcomes.reduce(0) { $0 + $1.acceptedDrafts })
    if drafted > 0, basis.drafts > 0 {
      values.append(Metric(.acceptanceRate, accepted / Double(drafted)))
      let verifications = Double(drafted) / Double(basis.drafts)
      values.append(Metric(.acceptanceLength, 1 + accepted / verifications))
    }
    return values
  }

  private func use(_ pool: PoolUse, _ scope: MetricScope) -> [Metric] {
    var values: [Metric] = []
    func add(
      _ kind: MetricKind, _ amount: Double, over whole: Double,
      _ statistic: MetricStatistic = .value
    ) {
      guard whole > 0 else { return }
      values.append(Metric(kind, amount / whole, scope: scope, statistic: statistic))
    }
    add(.utilisation, pool.busyGPUSeconds, over: pool.heldGPUSeconds)
    add(.cacheOccupancy, pool.usedTokenSeconds, over: pool.availableTokenSeconds, .mean)
    if pool.availableTokenSeconds > 0 { add(.cacheOccupancy, pool.peakUse, over: 1, .greatest) }
    add(
      .cacheHitRatio, Double(pool.cachedPromptTokens),
      over: Double(pool.cachedPromptTokens + pool.computedPromptTokens))
    let prompts = Double(pool.cachedPromptTokens + pool.computedPromptTokens)
    if pool.hostPromptTokens > 0 {
      add(.hostHitRatio, Double(pool.hostPromptTokens), over: prompts)
    }
    if pool.storePromptTokens > 0 {
      add(.storeHitRatio, Double(pool.storePromptTokens), over: prompts)
    }
    add(.queuedForPool, pool.queuedRequestSeconds, over: run.end.seconds)
    add(.slowestOverEven, pool.slowestSeconds, over: pool.evenSeconds)
    add(.preemptions, Double(pool.preemptions), over: 1)
    add(.steps, Double(pool.steps), over: 1)
    guard pool.imbalanceSeconds > 0 else { return values }
    add(.expertImbalance, pool.imbalanceSeconds, over: run.end.seconds, .mean)
    add(.firstExpertImbalance, pool.firstImbalanceSeconds, over: run.end.seconds, .mean)
    add(.rebalancings, Double(pool.rebalancings), over: 1)
    add(.movedExpertBytes, pool.movedExpertBytes, over: 1)
    add(.standstill, pool.standstillSeconds, over: 1)
    return values
  }

  /// Tokens per GPU, energy and money, over the whole run.
  var bill: [Metric] {
    let held = run.pools.reduce(0) { $0 + $1.heldGPUSeconds }
    let busy = run.pools.reduce(0) { $0 + $1.busyGPUSeconds }
    let output = Double(run.outcomes.reduce(0) { $0 + $1.tokens })
    let input = Double(
      zip(run.requests, run.outcomes).reduce(0) { $0 + ($1.1.isFinished ? $1.0.prompt : 0) })
    guard held > 0 else { return [] }
    let hours = held / 3_600
    var values = [
      Metric(.outputPerHeldGPU, output / held),
      Metric(.outputPerNode, output / held * Double(basis.gpusPerNode)),
      Metric(.totalPerHeldGPU, (input + output) / held), Metric(.gpuHoursHeld, hours),
      Metric(.costUSD, hours * basis.price.value),
      Metric(.energyMWh, hours * basis.power.value / 1e6),
    ]
    let free = run.pools.reduce(0) { $0 + $1.freeGPUSeconds }
    if free > 0 { values.append(Metric(.gpuHoursFree, free / 3_600)) }
    if busy > 0 { values.append(Metric(.outputPerBusyGPU, output / busy)) }
    if output > 0 {
      values.append(
        Metric(.usdPerMillionOutputTokens, hours * basis.price.value * 1e6 / output))
      values.append(Metric(.joulesPerOutputToken, held * basis.power.value / output))
    }
    return values
  }
}

extension Estimate {
  /// The value and its bounds.
  fileprivate func metrics(_ kind: MetricKind) -> [Metric] {
    [
      Metric(kind, value), Metric(kind, low, statistic: .low), Metric(kind, high, statistic: .high),
    ]
  }
}

extension PoolUse {
  /// Adds the sums of another pool; the peak is that of the fullest instance of both.
  fileprivate mutating func add(_ other: PoolUse) {
    heldGPUSeconds += other.heldGPUSeconds
    busyGPUSeconds += other.busyGPUSeconds
    freeGPUSeconds += other.freeGPUSeconds
    steps += other.steps
    computedPromptTokens += other.computedPromptTokens
    cachedPromptTokens += other.cachedPromptTokens
    hostPromptTokens += other.hostPromptTokens
    storePromptTokens += other.storePromptTokens
    outputTokens += other.outputTokens
    preemptions += other.preemptions
    usedTokenSeconds += other.usedTokenSeconds
    availableTokenSeconds += other.availableTokenSeconds
    peakUse = max(peakUse, other.peakUse)
    queuedRequestSeconds += other.queuedRequestSeconds
    slowestSeconds += other.slowestSeconds
    evenSeconds += other.evenSeconds
    rebalancings += other.rebalancings
    movedExpertBytes += other.movedExpertBytes
    standstillSeconds += other.standstillSeconds
    imbalanceSeconds += other.imbalanceSeconds
    firstImbalanceSeconds += other.firstImbalanceSeconds
  }
}
