// The result of a service, with what it assumes.

import Recording
import Text
import Units

extension ServiceSimulation {
  /// Simulates the service, and derives its figures.
  ///
  /// - Parameters:
  ///   - keepsRequests: whether the result has a record of each request.
  ///   - progress: called now and then with the requests that have ended, and all.
  /// - Throws: as `run`.
  package func result(
    keepsRequests: Bool = false, progress: ((Int, Int) -> Void)? = nil
  ) throws -> SimulationResult {
    let run = try run(keepsMoments: keepsRequests, progress: progress)
    return run.result(
      basis: ServiceBasis(spec, on: cluster), assumptions: assumptions(run),
      keepsRequests: keepsRequests)
  }

  /// What the service assumes, as sentences.
  private func assumptions(_ run: ServiceRun) -> [String] {
    var result: [String] = []
    for (index, pool) in spec.pools.enumerated() {
      let name = pool.role.rawValue
      let surface = run.surfaces[index]
      let error = percentText(surface.largestError)
      result.append(
        "\(name): step times from \(surface.machineRuns) simulated steps, interpolated to within"
          + " \(error) at check points; \(surface.outsideCalls) were simulated by themselves")
      let groups = pool.step.layout.data
      result.append(
        "\(name): a cache of \(cacheTokens(index)) tokens on each"
          + (groups == 1 ? " unit" : " of \(groups) attention groups of a unit")
          + ", by the rule: \(pool.step.pool.text)")
      if pool.hostTime == PoolSpec.assumedHostTime.duration {
        result.append(
          "assumedHostTime: \(name): the host needs"
            + " \(durationText(seconds: pool.hostTime.seconds)) for a step,"
            + (pool.overlapsHost ? " while GPUs compute another" : " which GPUs wait for"))
      }
    }
    result.append("contexts of a step's sequences count by their sum, as if they were equal")
    if spec.pools.count > 1 {
      result.append(
        "caches travel on the network of the cluster and share it with each other; the exchanges of"
          + " experts neither slow them nor are slowed")
    }
    return result + (spec.rebalancing.map(experts) ?? [])
  }

  /// What the drift of experts' loads assumes.
  private func experts(_ rule: RebalancingSpec) -> [String] {
    let pools = spec.pools.filter { $0.obstacleToDrift == nil }.map(\.role.rawValue)
    func text(_ time: SimDuration) -> String { durationText(seconds: time.seconds) }
    let rebalancing =
      rule.interval.map {
        "again \(text($0)) after each move has ended; "
          + (rule.stalls
            ? "steps stand still until experts have moved"
            : "until experts have moved, the old placement serves")
      } ?? "at the start only"
    return [
      "\(pools.joined(separator: " and ")): expert loads are expected values of a mix of domains"
        + " (assumedDomains) that changes every minute by a synthetic law; placed for the"
        + " last \(text(rule.window)), \(rebalancing)",
      "moves of experts take as long as the busiest link needs for them alone, and slow nothing"
        + " else; experts of draft modules stay",
    ]
  }
}
