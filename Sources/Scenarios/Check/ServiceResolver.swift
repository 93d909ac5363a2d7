// Resolves the keys under `service` to a ServiceSpec that fits its cluster and model.

import Cluster
import ModelCost
import Routing
import Service
import Units

/// Makes the spec of a service; checks every condition that can be checked despite other problems.
struct ServiceResolver {
  let fields: Fields
  let around: Surroundings

  var problems: Problems { around.problems }

  /// The spec; nil, or with problems reported, if it is not valid.
  func spec() -> ServiceSpec? {
    checkCluster()
    let roles = self.roles()
    let drafts = self.drafts()
    let pools = roles.map { pool($0, drafts: drafts) }
    let handover = self.handover(pools)
    let classes = self.classes()
    let failures = self.failures(roles, pools)
    let scaling = self.scaling(roles, pools)
    let rebalancing = self.rebalancing(pools)
    let window = self.window()
    checkCapacity(zip(roles, pools), failures, scaling)
    checkCaches(pools.compactMap { $0 })
    checkTraces(roles, pools)
    // Requests are made last: they cost more than all checks, and need valid ones.
    let load = self.load(classes)
    guard problems.diagnostics.isEmpty, let load, let failures, let classes,
      let router = fields.value(ServiceKeys.router),
      let interval = fields.value(ServiceKeys.sampleInterval)
    else { return nil }
    var spec = ServiceSpec(pools: pools.compactMap { $0 }, classes: classes, load: load)
    spec.handover = handover
    spec.router.kind = router
    spec.drafts = drafts
    spec.failures = failures
    spec.scaling = scaling
    spec.rebalancing = rebalancing
    spec.stop = fields.given(ServiceKeys.stop)?.duration
    spec.window = window
    spec.sampleInterval = interval.duration
    return spec
  }

  private func checkCluster() {
    guard let cluster = around.cluster, !cluster.faults.isEmpty else { return }
    problems.add(
      "cluster.faults", "are for steps: a service has faults in time",
      allowed: "expected: absent, and service.failures")
  }

  /// The pools that are written, in the order of a spec.
  private func roles() -> [PoolRole] {
    let hasPrefill = fields.isWritten(ServiceKeys.prefill)
    let hasDecode = fields.isWritten(ServiceKeys.decode)
    if hasDecode, !hasPrefill {
      problems.add(
        "service.decode", "needs prefill: nobody computes the prompts",
        allowed: "expected: prefill beside it, or colocated instead")
    } else if hasPrefill, !hasDecode, !fields.isWritten(ServiceKeys.colocated) {
      problems.add(
        "service.prefill", "needs decode: nobody makes the tokens",
        allowed: "expected: decode beside it, or colocated instead")
    }
    return [PoolRole.colocated, .prefill, .decode].filter { fields.isWritten($0.key) }
  }

  private func drafts() -> DraftSpec? {
    guard let written = fields.given(ServiceKeys.drafts) else { return nil }
    if let model = around.model, model.mtpModules == 0 {
      problems.add("service.drafts", "need an MTP module, and \(model.name) has none")
    }
    guard let count = written.value(DraftKeys.count),
      let acceptance = written.given(DraftKeys.acceptance)
    else { return nil }
    guard acceptance.count == count || acceptance.count == 1 else {
      problems.add(
        "service.drafts.acceptance", "has \(acceptance.count) probabilities for \(count) drafts",
        allowed: "expected: 1 for all, or \(count)")
      return nil
    }
    return DraftSpec(
      count: count,
      acceptance: acceptance.count == count
        ? acceptance : Array(repeating: acceptance[0], count: count))
  }

  /// How caches reach decode; anything for a single pool.
  private func handover(_ pools: [PoolSpec?]) -> Handover {
    let policies = pools.compactMap { $0?.scheduler.policy }
    guard pools.count == 2 else {
      if fields.isWritten(ServiceKeys.handover) {
        problems.add(
          "service.handover", "is between prefill and decode, and there is one pool",
          allowed: "expected: absent")
      }
      return .pull
    }
    let usual: Handover = policies.last == .sglang ? .push : .pull
    let handover = fields.given(ServiceKeys.handover) ?? usual
    let needed: SchedulerSpec.Policy = handover == .push ? .sglang : .vllm
    for pool in pools.compactMap({ $0 }) where pool.scheduler.policy != needed {
      problems.add(
        "service.\(pool.role.rawValue).scheduler.policy",
        "\"\(pool.scheduler.policy.rawValue)\" does not hand over by \(handover.rawValue)",
        allowed: "expected: \(needed.rawValue) in prefill and decode, or"
          + " \(handover == .push ? "pull with vllm" : "push with sglang")")
    }
    return handover
  }

  /// Checks that what prefill sends is what decode keeps.
  private func checkCaches(_ pools: [PoolSpec]) {
    guard pools.count == 2, pools[0].step.kvCache != pools[1].step.kvCache else { return }
    let isDecodes =
      fields.given(ServiceKeys.decode)?.isWritten(InferenceKeys.kvCache) ?? false
    let (blamed, other) = isDecodes ? (pools[1], pools[0]) : (pools[0], pools[1])
    problems.add(
      "service.\(blamed.role.rawValue).kv_cache",
      "\"\(blamed.step.kvCache.rawValue)\" is not what \(other.role.rawValue) keeps,"
        + " \(other.step.kvCache.rawValue): caches are sent as they are",
      allowed: "expected: \(other.step.kvCache.rawValue), or the same format in both")
  }

  // MARK: Capacity

  /// Checks that the units of all pools and the spare hosts fit on the cluster.
  private func checkCapacity(
    _ pools: Zip2Sequence<[PoolRole], [PoolSpec?]>, _ failures: FailureSpec?,
    _ scaling: ScalingSpec?
  ) {
    guard let cluster = around.cluster, let failures else { return }
    var needs: [(role: PoolRole, units: Int, hosts: Int)] = []
    for (index, (role, pool)) in pools.enumerated() {
      guard let pool else { return }
      let most = scaling.map { $0.pool == index ? $0.most : 0 } ?? 0
      let units = max(pool.units, most, pool.timetable.map(\.units).max() ?? 0)
      needs.append((role, units, hosts(units, pool, cluster)))
    }
    let spares = failures.spareHosts ?? 0
    let total = needs.reduce(spares) { $0 + $1.hosts }
    guard total > cluster.nodeCount, let last = needs.max(by: { $0.hosts < $1.hosts }) else {
      return
    }
    let parts = needs.map { "\($0.hosts) for \($0.units) units of \($0.role.rawValue)" }
    problems.add(
      "service.\(last.role.rawValue).units",
      "the pools need \(total) hosts, but the cluster has \(cluster.nodeCount): "
        + (parts + (spares > 0 ? ["\(spares) spare"] : [])).joined(separator: ", "),
      allowed: "expected: fewer units, or nodes: \(total) as cluster.nodes")
  }

  /// Hosts that units take: whole ones, or one for several small units.
  private func hosts(_ units: Int, _ pool: PoolSpec, _ cluster: ClusterSpec) -> Int {
    let (gpus, perHost) = (pool.step.layout.gpus, cluster.node.gpusPerNode)
    guard gpus < perHost else { return units * ((gpus + perHost - 1) / perHost) }
    let perNode = perHost / gpus
    return (units + perNode - 1) / perNode
  }

  /// Checks that pools with routing traces share one: a question has one trace.
  private func checkTraces(_ roles: [PoolRole], _ pools: [PoolSpec?]) {
    var first: TraceReference?
    for (role, pool) in zip(roles, pools) {
      guard case .trace(let trace) = pool?.step.routing.source else { continue }
      if let first, first != trace {
        problems.add(
          "service.\(role.rawValue).routing.file", "is another trace than that of the first pool",
          allowed: "expected: the same file and use")
      }
      first = first ?? trace
    }
  }

  // MARK: Window

  /// The arrivals that count in latencies; nil for all.
  private func window() -> Range<SimTime>? {
    let horizon = SimTime.zero + SimDuration(seconds: GeneratedLoad.horizonSeconds + 1)
    let duration = fields.given(ServiceKeys.load)?.given(ServiceLoadKeys.duration)
    let stop = fields.given(ServiceKeys.stop)
    let ends = [(duration, "the duration of the load"), (stop, "the stop")]
    func check(_ time: Seconds, _ key: String) {
      for case (let end?, let name) in ends where time.value >= end.value {
        problems.add(
          "service.\(key)", "\"\(durationText(seconds: time.value))\" is not before \(name)",
          allowed: "expected: less than \(durationText(seconds: end.value))")
        return
      }
    }
    if let warmup = fields.given(ServiceKeys.warmup) {
      check(warmup, "warmup")
      return (SimTime.zero + warmup.duration)..<horizon
    }
    guard let written = fields.given(ServiceKeys.window),
      let from = written.value(LatencyWindowKeys.from)
    else { return nil }
    check(from, "window.from")
    guard let to = written.given(LatencyWindowKeys.to) else {
      return (SimTime.zero + from.duration)..<horizon
    }
    guard from.value < to.value else {
      problems.add(
        "service.window.to", "\"\(durationText(seconds: to.value))\" is not after the start",
        allowed: "expected: more than \(durationText(seconds: from.value))")
      return nil
    }
    return (SimTime.zero + from.duration)..<(SimTime.zero + to.duration)
  }
}

extension PoolRole {
  /// The key of the pool.
  var key: Key<Fields> {
    switch self {
    case .colocated: ServiceKeys.colocated
    case .prefill: ServiceKeys.prefill
    case .decode: ServiceKeys.decode
    }
  }
}

extension Fields {
  /// Whether a mapping is specified, validly or not.
  func isWritten(_ role: PoolRole) -> Bool { isWritten(role.key) }
}

extension QuestionResolver {
  static let service =
    QuestionResolver(key: ScenarioKeys.service) { fields, around in
      ServiceResolver(fields: fields, around: around).spec().map {
        ResolvedQuestion(question: .service($0))
      }
    }
}
