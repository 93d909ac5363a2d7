// What changes a service over time: faults and restarts, a scaling rule, and experts that move.

import ModelCost
import Routing
import Service
import Serving
import Units

extension ServiceResolver {
  /// Faults and what follows from them; nil, or with problems reported, if they are not valid.
  func failures(_ roles: [PoolRole], _ pools: [PoolSpec?]) -> FailureSpec? {
    guard !fields.isRefused(ServiceKeys.failures) else { return nil }
    let written = fields.given(ServiceKeys.failures) ?? Fields()
    let path = "service.failures"
    if let spares = written.given(FailureKeys.spareHosts), !written.isWritten(FailureKeys.repair) {
      problems.add(
        "\(path).repair", "is required: \(spares) spare hosts run out",
        allowed: "for example: repair: 8 h")
    }
    if written.isWritten(FailureKeys.restart), written.isWritten(FailureKeys.weightBandwidth) {
      problems.add(
        "\(path).weight_bandwidth", "has no use: restart is written",
        allowed: "expected: one of them")
    }
    guard let faults = faults(written, roles, pools),
      let detection = written.value(FailureKeys.detection),
      let bandwidth = written.value(FailureKeys.weightBandwidth),
      let rule = written.value(FailureKeys.rule),
      let backoff = written.value(FailureKeys.backoff),
      let factor = written.value(FailureKeys.backoffFactor),
      let longest = written.value(FailureKeys.longestBackoff)
    else { return nil }
    if written.isWritten(FailureKeys.retryLimit), rule == .lost {
      problems.add(
        "\(path).retry_limit", "has no use: rule is lost",
        allowed: "expected: retry or migrate as"
          + " \(path).rule")
    }
    var spec = FailureSpec()
    spec.faults = faults
    spec.gpuMTBF = written.given(FailureKeys.gpuMTBF)
    spec.hostMTBF = written.given(FailureKeys.hostMTBF)
    spec.nicMTBF = written.given(FailureKeys.nicMTBF)
    spec.detection = detection.duration
    let restart = written.given(FailureKeys.restart) ?? startTime(pools, bandwidth)
    spec.restart = restart.duration
    spec.spareHosts = written.given(FailureKeys.spareHosts)
    spec.repair = written.given(FailureKeys.repair)?.duration ?? .zero
    spec.rule = rule
    spec.retryLimit = written.given(FailureKeys.retryLimit)
    spec.backoff = backoff.duration
    spec.backoffFactor = factor
    spec.longestBackoff = longest.duration
    spec.queueTimeout = written.given(FailureKeys.queueTimeout)?.duration
    return spec
  }

  /// Faults at given times, in the order of time.
  private func faults(
    _ written: Fields, _ roles: [PoolRole], _ pools: [PoolSpec?]
  ) -> [FailureSpec.Fault]? {
    guard !written.isRefused(FailureKeys.faults) else { return nil }
    var faults: [FailureSpec.Fault] = []
    for (place, entry) in (written.given(FailureKeys.faults) ?? []).enumerated() {
      let path = "service.failures.faults[\(place)]"
      guard let time = entry.given(ServiceFaultKeys.time),
        let role = entry.given(ServiceFaultKeys.pool),
        let unit = entry.value(ServiceFaultKeys.unit),
        let index = index(of: role, roles, "\(path).pool")
      else { continue }
      if let pool = pools[index], unit >= largest(pool) {
        problems.add(
          "\(path).unit", "\"\(unit)\" is no unit of \(role.rawValue)",
          allowed: "expected: 0 to \(largest(pool) - 1)")
        continue
      }
      faults.append(
        FailureSpec.Fault(time: SimTime.zero + time.duration, pool: index, unit: unit))
    }
    return faults.enumerated().sorted {
      ($0.element.time, $0.offset) < ($1.element.time, $1.offset)
    }.map(\.element)
  }

  /// The most units that a pool has at any time without scaling.
  private func largest(_ pool: PoolSpec) -> Int {
    let scaled = fields.given(ServiceKeys.scaling).flatMap { written in
      written.given(ScalingKeys.pool) == pool.role ? written.given(ScalingKeys.most) : nil
    }
    return max(pool.units, scaled ?? 0, pool.timetable.map(\.units).max() ?? 0)
  }

  /// The index of a pool; nil, with a problem reported, if there is no such pool.
  private func index(of role: PoolRole, _ roles: [PoolRole], _ path: String) -> Int? {
    if let index = roles.firstIndex(of: role) { return index }
    problems.add(
      path, "\"\(role.rawValue)\" is none of the pools of this service",
      allowed: "expected: " + roles.map(\.rawValue).joined(separator: " or "))
    return nil
  }

  /// The time from the start of a unit's processes until it serves: of the pool whose hosts load
  /// the most bytes.
  private func startTime(_ pools: [PoolSpec?], _ bandwidth: BytesPerSecond) -> Seconds {
    guard let cluster = around.cluster, let model = around.model, problems.diagnostics.isEmpty
    else { return FailureSpec.assumedStartTime }
    let bytes = pools.compactMap { $0?.step }.map { step in
      let stages = StageWeights.stages(
        of: step.layout, model, scheme: step.formats.weights, cache: step.kvCache,
        redundant: step.redundantExperts, drafts: step.drafts(of: model),
        absorbedCopy: step.absorbedCopy)
      let gpus = min(cluster.node.gpusPerNode, step.layout.gpus)
      return Double(stages.map(\.weights).max() ?? 0) * Double(gpus)
    }
    return FailureSpec.assumedStartTime + Seconds((bytes.max() ?? 0) / bandwidth.value)
  }

  // MARK: Scaling and rebalancing

  /// The scaling rule; nil, or with problems reported, if there is none.
  func scaling(_ roles: [PoolRole], _ pools: [PoolSpec?]) -> ScalingSpec? {
    guard let written = fields.given(ServiceKeys.scaling),
      let role = written.given(ScalingKeys.pool),
      let index = index(of: role, roles, "service.scaling.pool"),
      let target = written.given(ScalingKeys.target),
      let least = written.value(ScalingKeys.least), let most = written.given(ScalingKeys.most),
      let interval = written.value(ScalingKeys.interval),
      let tolerance = written.value(ScalingKeys.tolerance),
      let downWindow = written.value(ScalingKeys.downWindow)
    else { return nil }
    if least > most {
      problems.add(
        "service.scaling.least", "\"\(least)\" is more than the \(most) of most",
        allowed: "expected: at most \(most)")
    }
    if let pool = pools[index] {
      if !pool.timetable.isEmpty {
        problems.add(
          "service.scaling.pool", "\"\(role.rawValue)\" has a timetable",
          allowed: "expected: a rule or a timetable for a pool")
      } else if !(least...max(least, most)).contains(pool.units) {
        problems.add(
          "service.\(role.rawValue).units", "\"\(pool.units)\" is not what scaling allows",
          allowed: "expected: \(least) to \(most)")
      }
    }
    let startup =
      written.given(ScalingKeys.startup)
      ?? startTime(pools, FailureSpec.assumedWeightBandwidth)
    return ScalingSpec(
      pool: index, target: target, least: least, most: most, interval: interval.duration,
      tolerance: tolerance, downWindow: downWindow.duration, startup: startup.duration)
  }

  /// The rebalancing; nil, or with problems reported, if there is none.
  func rebalancing(_ pools: [PoolSpec?]) -> RebalancingSpec? {
    guard let written = fields.given(ServiceKeys.rebalancing),
      let stalls = written.value(RebalancingKeys.stalls),
      !written.isRefused(RebalancingKeys.interval), !written.isRefused(RebalancingKeys.window)
    else { return nil }
    let path = "service.rebalancing"
    if let model = around.model, model.experts == nil {
      problems.add(path, "needs a model with experts; \(model.name) has none")
    } else {
      checkDrift(pools.compactMap { $0 }, of: pools.count, path)
    }
    let interval = written.given(RebalancingKeys.interval)
    if interval == nil, written.isWritten(RebalancingKeys.stalls) {
      problems.add(
        path + ".stalls", "has no use: without an interval, experts never move",
        allowed: "expected: absent, or interval beside it")
    }
    if let interval, interval.value < 1 {
      problems.add(
        path + ".interval",
        "\"\(durationText(seconds: interval.value))\" is shorter than any plan: loads change by the"
          + " minute", allowed: "expected: at least 1 s")
    }
    guard let window = written.given(RebalancingKeys.window) ?? interval else {
      problems.add(
        path + ".window", "is required without an interval",
        allowed: "expected: the time whose traffic the placement of the start is planned on")
      return nil
    }
    let day = Double(DriftedLoads.minuteLimit) * 60
    if window.value > day {
      let key = written.isWritten(RebalancingKeys.window) ? ".window" : ".interval"
      problems.add(
        path + key,
        "\"\(durationText(seconds: window.value))\" of traffic are more than a plan is made of",
        allowed: "expected: a window of at most 24 h")
    }
    return RebalancingSpec(
      interval: interval?.duration, window: window.duration, stalls: stalls)
  }

  /// Checks that the experts of a pool can be rebalanced, if all pools are known.
  private func checkDrift(_ pools: [PoolSpec], of count: Int, _ path: String) {
    guard pools.count == count, pools.allSatisfy({ $0.obstacleToDrift != nil }) else { return }
    let reasons = pools.compactMap { pool in
      pool.obstacleToDrift.map { "the experts of \(pool.role.rawValue) \($0)" }
    }
    problems.add(
      path, "has nothing to balance: " + reasons.joined(separator: "; "),
      allowed: "expected: a pool with whole experts, routing.source: lognormal or a trace with use:"
        + " shares, and planner: best or eplb")
  }
}
