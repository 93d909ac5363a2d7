// The figures of a service over a set of requests: all of them, or those of one class. Figures of
// pools and of the whole run are in `ServiceFigures+Use`.

import Recording
import Units

/// Derives the metrics of a service from its run.
package struct ServiceFigures {
  let run: ServiceRun
  let basis: ServiceBasis
  /// Seconds of the part of the window that is simulated; of the whole simulated time without one.
  let windowSeconds: Double

  /// - Precondition: every request has an outcome.
  package init(_ run: ServiceRun, basis: ServiceBasis) {
    precondition(run.requests.count == run.outcomes.count, "every request has an outcome")
    self.run = run
    self.basis = basis
    let window = basis.window ?? .zero..<max(.zero, run.end)
    windowSeconds = max(0, (min(window.upperBound, run.end) - window.lowerBound).seconds)
  }

  /// All metrics: those of the run in the order of the catalogue, each followed by its classes and
  /// pools.
  package func metrics() -> [Metric] {
    let all = Array(run.outcomes.indices)
    var values = counts(all, .all) + latency(all, run.gaps.pooled, .all) + steadiness
    values += attainment(all, .all) + throughput(all) + use + bill
    if basis.classes.count > 1 {
      for (index, traffic) in basis.classes.enumerated() {
        let own = all.filter { run.requests[$0].trafficClass == index }
        let gaps = run.gaps.indices.contains(index) ? run.gaps[index] : GapHistogram()
        let scope = MetricScope.class(traffic.name)
        values += counts(own, scope) + latency(own, gaps, scope) + attainment(own, scope)
      }
    }
    return MetricKind.all.flatMap { kind in values.filter { $0.kind == kind } }
  }

  /// Whether a request arrived in the window.
  func isInWindow(_ index: Int) -> Bool {
    basis.window?.contains(run.outcomes[index].arrival) ?? true
  }

  /// The finished requests that arrived in the window.
  func measured(_ requests: [Int]) -> [Int] {
    requests.filter { run.outcomes[$0].isFinished && isInWindow($0) }
  }

  private func counts(_ requests: [Int], _ scope: MetricScope) -> [Metric] {
    func metric(_ kind: MetricKind, _ isCounted: (RequestOutcome.End) -> Bool) -> Metric {
      let count = requests.reduce(0) { $0 + (isCounted(run.outcomes[$1].end) ? 1 : 0) }
      return Metric(kind, Double(count), scope: scope)
    }
    let states = [
      metric(.requestsArrived) { _ in true }, metric(.requestsFinished) { $0 == .finished },
      metric(.requestsRejected) { if case .rejected = $0 { true } else { false } },
      metric(.requestsLost) { if case .lost = $0 { true } else { false } },
      metric(.requestsRunning) { $0 == .running }, metric(.requestsQueued) { $0 == .queued },
      Metric(.requestsMeasured, Double(measured(requests).count), scope: scope),
    ]
    let reasons =
      RequestOutcome.Rejection.allCases.map { reason in
        metric(reason.metric) { $0 == .rejected(reason) }
      }
      + RequestOutcome.Loss.allCases.map { reason in
        metric(reason.metric) { $0 == .lost(reason) }
      }
    return states + reasons.filter { $0.value > 0 }
  }

  private func latency(
    _ requests: [Int], _ gaps: GapHistogram, _ scope: MetricScope
  ) -> [Metric] {
    let outcomes = measured(requests).map { run.outcomes[$0] }
    func picoseconds(_ time: (RequestOutcome) -> SimDuration?) -> [Double] {
      outcomes.compactMap { time($0).map { Double($0.picoseconds) } }
    }
    func statistics(_ kind: MetricKind, _ values: [Double]) -> [Metric] {
      Distribution(values).metrics(kind, scope: scope, unit: 1e-12)
    }
    let perToken = outcomes.compactMap(\.picosecondsPerToken)
    let withFirst = Distribution(outcomes.compactMap(\.picosecondsPerTokenWithFirst))
    var values =
      statistics(.timeToFirstToken, picoseconds(\.timeToFirstToken))
      + statistics(.requestTimePerToken, perToken)
      + withFirst.metrics(.timePerTokenWithFirst, scope: scope, unit: 1e-12)
      + gaps.metrics(.interTokenLatency, scope: scope)
      + statistics(.endToEnd, picoseconds(\.endToEnd))
      + statistics(.queueing, picoseconds(\.queueing))
    // With drafts, all tokens may be shown at one moment, which has no rate.
    let rates = perToken.filter { $0 > 0 }.map { 1e12 / $0 }
    values += Distribution(rates).metrics(.interactivity, scope: scope, unit: 1)
    if let slow = withFirst.percentile(permille: 900), slow > 0 {
      values.append(Metric(.endToEndInteractivity, 1e12 / slow, scope: scope))
    }
    return values
  }

  /// Goodput and attainment; none without objectives, and no share of nothing.
  private func attainment(_ requests: [Int], _ scope: MetricScope) -> [Metric] {
    guard basis.classes.contains(where: \.hasObjectives) else { return [] }
    let arrived = requests.filter(isInWindow)
    let finished = measured(requests)
    let inside = finished.filter {
      run.outcomes[$0].isInside(basis.classes[run.requests[$0].trafficClass])
    }
    let tokens = inside.reduce(0) { $0 + run.outcomes[$1].tokens }
    var values: [Metric] = []
    func add(_ kind: MetricKind, _ amount: Int, over whole: Double) {
      if whole > 0 { values.append(Metric(kind, Double(amount) / whole, scope: scope)) }
    }
    add(.goodput, inside.count, over: windowSeconds)
    add(.goodputTokens, tokens, over: windowSeconds)
    add(.attainmentOfArrived, inside.count, over: Double(arrived.count))
    add(.attainmentOfFinished, inside.count, over: Double(finished.count))
    return values
  }

  private func throughput(_ requests: [Int]) -> [Metric] {
    guard windowSeconds > 0 else { return [] }
    let measured = measured(requests)
    func rate(_ kind: MetricKind, _ amount: (Int) -> Int) -> Metric {
      Metric(kind, Double(measured.reduce(0) { $0 + amount($1) }) / windowSeconds)
    }
    return [
      rate(.requestThroughput) { _ in 1 }, rate(.inputThroughput) { run.requests[$0].prompt },
      rate(.cachedInputThroughput) { run.outcomes[$0].cachedTokens ?? 0 },
      rate(.outputThroughput) { run.outcomes[$0].tokens },
      rate(.totalThroughput) { run.requests[$0].prompt + run.outcomes[$0].tokens },
    ]
  }
}

extension RequestOutcome.Rejection {
  /// The metric that counts it.
  fileprivate var metric: MetricKind {
    switch self {
    case .tooLong: .requestsTooLong
    case .neverFits: .requestsNeverFitting
    case .queueFull: .requestsQueueFull
    }
  }
}

extension RequestOutcome.Loss {
  /// The metric that counts it.
  fileprivate var metric: MetricKind {
    switch self {
    case .instanceFailed: .requestsFailed
    case .timeout: .requestsTimedOut
    }
  }
}

extension Distribution {
  /// The metrics of these numbers: none for no numbers.
  ///
  /// - Parameter unit: what the numbers are multiplied by.
  func metrics(_ kind: MetricKind, scope: MetricScope, unit: Double) -> [Metric] {
    MetricStatistic.allCases.compactMap { statistic in
      let value =
        switch statistic {
        case .mean: mean
        case .deviation: deviation
        case .least: least
        case .greatest: greatest
        default: statistic.permille.flatMap { percentile(permille: $0) }
        }
      return value.map { Metric(kind, $0 * unit, scope: scope, statistic: statistic) }
    }
  }
}

extension GapHistogram {
  /// The metrics of these gaps, in seconds: none for no gaps.
  func metrics(_ kind: MetricKind, scope: MetricScope) -> [Metric] {
    guard count > 0 else { return [] }
    return MetricStatistic.allCases.compactMap { statistic in
      let value: Double? =
        switch statistic {
        case .mean: mean
        case .deviation: deviation
        case .least: least.seconds
        case .greatest: greatest.seconds
        default: statistic.permille.flatMap { percentile(Double($0) / 10)?.seconds }
        }
      return value.map { Metric(kind, $0, scope: scope, statistic: statistic) }
    }
  }
}

extension [GapHistogram] {
  /// The gaps of all classes.
  fileprivate var pooled: GapHistogram {
    reduce(into: GapHistogram()) { $0.add($1) }
  }
}
