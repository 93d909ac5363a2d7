// A service on a cluster: pools of units with surfaces of step times, caches that travel on the
// network, and the requests of the scenario.
//
//     pool       units of equal GPUs, one after another on the cluster's hosts
//     unit       the GPUs of a layout; its instances step and fail together
//     instance   an attention group of a stage for each batch in flight: with a pipeline, an engine
//                runs as many batches at a time as there are stages, and each has its part of the
//                cache
//
// Validity: contexts of a step are taken by their sum; a group whose prompts and decodes share a
// step computes both in one pass.

import Cluster
import EventKernel
import ModelCost
import Recording
import Routing
import Serving
import Units

/// A service that is ready to run.
package struct ServiceSimulation {
  let spec: ServiceSpec
  let model: ModelSpec
  let cluster: ClusterSpec
  private let seed: UInt64
  /// The caches of each pool's instances, and what else their GPUs hold.
  package let memory: [ServiceMemory]
  /// What the surface of each pool shares with other simulations of the deployment.
  package var surfaces: [SharedSurface]

  /// Plans the service.
  ///
  /// - Precondition: the spec has no problems for model and cluster.
  /// - Throws: `InferenceRefusal` if the weights and the work of a step leave no memory for caches,
  ///   `ServiceRefusal` if a cache has too many blocks.
  package init(
    _ spec: ServiceSpec, model: ModelSpec, cluster: ClusterSpec, seed: UInt64
  ) throws {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    self.seed = seed
    surfaces = spec.pools.map { _ in SharedSurface() }
    let longest = spec.load.requests.reduce(1) { max($0, $1.prompt) }
    var memory: [ServiceMemory] = []
    for pool in spec.pools {
      memory.append(
        try pool.memory(model, cluster, longestPrompt: longest, drafts: spec.drafts?.count ?? 0))
    }
    self.memory = memory
    for (index, pool) in spec.pools.enumerated() {
      let count = cacheTokens(index) / pool.step.layout.pipeline / pool.step.pool.block
      guard count <= ServiceRefusal.mostBlocks else {
        throw ServiceRefusal.blocks(pool: pool.role.rawValue, count: count)
      }
    }
  }

  /// Simulates the service.
  ///
  /// - Parameters:
  ///   - keepsMoments: whether the run has the times of all tokens.
  ///   - progress: called now and then with the share of requests that have ended.
  /// - Throws: a problem of the cluster's wiring, or `ServiceRefusal`.
  package func run(
    keepsMoments: Bool = false, progress: ((Int, Int) -> Void)? = nil
  ) throws -> ServiceRun {
    let laws = zip(spec.pools, surfaces).map { pool, shared in
      SurfaceLaw(pool, StepSurface(pool.step, model: model, cluster: cluster, sharing: shared))
    }
    let wiring = try Wiring(cluster)
    let setup = self.setup(wiring)
    let carrier = NetworkCarrier(
      wiring, holders: holders(), bytesPerToken: Double(memory[0].bytesPerToken))
    var engine = ServiceEngine(
      setup, requests: spec.load.requests, laws: laws, carrier: carrier,
      keepsMoments: keepsMoments)
    engine.progress = progress
    engine.run(until: spec.stop.map { SimTime.zero + $0 })
    if engine.isBeyondClock, spec.stop == nil, engine.endedCount < engine.requests.count {
      throw ServiceRefusal.clock(
        ended: engine.endedCount, requests: engine.requests.count)
    }
    var run = engine.result
    run.surfaces = engine.laws.map(\.surface.statistics)
    run.transferredBytes = carrier.bytes
    return run
  }

  /// Whether the GPUs of a tensor group have parts of each token's cache.
  private var isDivided: Bool {
    if case .latent = model.attention { false } else { true }
  }

  /// Tokens of the cache of an attention group of a pool.
  func cacheTokens(_ pool: Int) -> Int {
    spec.pools[pool].cacheTokens ?? memory[pool].poolTokens
  }

  // MARK: Setup

  private func setup(_ wiring: Wiring) -> ServiceSetup {
    var setup = ServiceSetup(
      instances: [], units: [],
      pools: spec.pools.map {
        ServiceSetup.PoolSetup(
          name: $0.role.rawValue, role: $0.role, gpusPerUnit: $0.step.layout.gpus)
      })
    for (index, pool) in spec.pools.enumerated() {
      for unit in 0..<pool.mostUnits(scaling: spec.scaling, pool: index) {
        let first = setup.instances.count
        setup.instances += Array(
          repeating: instance(pool, index), count: pool.instancesPerUnit)
        var each = ServiceSetup.UnitSetup(
          pool: index, instances: first..<setup.instances.count,
          isStarted: unit < pool.startUnits)
        let hosts = pool.hosts(cluster)
        each.hazard = spec.failures.hazard(
          gpus: pool.step.layout.gpus, hosts: hosts, nics: hosts * cluster.node.nicsPerNode)
        setup.units.append(each)
      }
    }
    setup.handover = spec.handover
    setup.router = spec.router.kind
    setup.failures = spec.failures
    setup.faults = faults(setup)
    setup.classes = spec.classes.count
    setup.acceptance = spec.drafts?.acceptance ?? []
    setup.seed = seed
    setup.arrivals = spec.load.arrivals
    setup.sampleInterval = spec.sampleInterval
    setup.scaling = spec.scaling
    setup.timetables = spec.pools.map(\.timetable)
    let timelines = spec.pools.map { expertTimeline($0, wiring) }
    setup.imbalance = spec.pools.indices.map { index in
      timelines[index]?.start.imbalance
        ?? spec.pools[index].imbalance(model, cluster, sharing: surfaces[index])
    }
    setup.expertChanges = timelines
    setup.startup = spec.failures.restart
    return setup
  }

  private func instance(_ pool: PoolSpec, _ index: Int) -> ServiceSetup.InstanceSetup {
    let size = pool.step.pool.block
    let tokens = cacheTokens(index) / pool.step.layout.pipeline
    var instance = ServiceSetup.InstanceSetup(
      role: pool.role, scheduler: pool.scheduler,
      drafts: pool.role == .prefill ? 0 : spec.drafts?.count ?? 0, blocks: tokens / size,
      blockSize: size)
    // Each GPU loads its part by itself; the stage with the most layers takes the longest.
    let perGPU = Double(pool.bytesPerToken(model).max() ?? 0)
    if let host = pool.scheduler.hostCache {
      instance.hostTime = SimDuration(seconds: perGPU / host.bandwidth.value)
    }
    if let store = pool.scheduler.storeCache {
      instance.storeTime = SimDuration(seconds: perGPU / store.bandwidth.value)
    }
    return instance
  }

  /// The changes of a pool's experts; nil if they stay as they are.
  private func expertTimeline(_ pool: PoolSpec, _ wiring: Wiring) -> ExpertTimeline? {
    guard let rule = spec.rebalancing, pool.obstacleToDrift == nil, let experts = model.experts,
      model.expertLayers > 0
    else { return nil }
    let layout = pool.step.layout
    let sizes = PlacementSizes(
      replicas: experts.routed + pool.step.redundantExperts,
      groups: ExpertBalance.gate(experts).placedGroups, nodes: pool.step.domains(of: cluster),
      gpus: layout.gpusPerStage)
    let mix = DomainMix(
      pool.step.routing, layers: model.expertLayers, experts: experts.routed, topK: experts.topK,
      minutes: 1)
    let network = ExpertNetwork(
      wiring, gpus: layout.gpus, firstGPUs: pool.firstGPUs(of: model),
      expertBytes: Double(pool.expertBytes(model)))
    return ExpertTimeline(
      mix, replanner: ExpertReplanner(pool.step.planner, sizes: sizes), network: network,
      rule: rule)
  }

  private func faults(_ setup: ServiceSetup) -> [(time: SimTime, unit: Int)] {
    spec.failures.faults.compactMap { fault in
      let units = setup.units.indices.filter { setup.units[$0].pool == fault.pool }
      return units.indices.contains(fault.unit) ? (fault.time, units[fault.unit]) : nil
    }.sorted { $0.time < $1.time }
  }

  /// The GPUs of each instance.
  private func holders() -> [CacheHolders] {
    var result: [CacheHolders] = []
    var first = 0
    for (index, pool) in spec.pools.enumerated() {
      let layout = pool.step.layout
      for _ in 0..<pool.mostUnits(scaling: spec.scaling, pool: index) {
        for _ in 0..<layout.pipeline {
          for group in 0..<layout.data {
            let groups = (0..<layout.pipeline).map { stage in
              first + stage * layout.gpusPerStage + group * layout.tensor
            }
            result.append(
              CacheHolders(groups: groups, tensor: layout.tensor, isDivided: isDivided))
          }
        }
        // A unit has whole hosts, or a part of one.
        let perNode = cluster.node.gpusPerNode
        first += layout.gpus
        if layout.gpus > perNode || index == spec.pools.count - 1, first % perNode != 0,
          layout.gpus >= perNode
        {
          first += perNode - first % perNode
        }
      }
      let perNode = cluster.node.gpusPerNode
      first = (first + perNode - 1) / perNode * perNode
    }
    return result
  }
}

extension PoolSpec {
  /// Schedulers of a unit: one for each attention group and batch in flight.
  package var instancesPerUnit: Int { step.layout.data * step.layout.pipeline }

  /// Hosts of a unit.
  func hosts(_ cluster: ClusterSpec) -> Int {
    (step.layout.gpus + cluster.node.gpusPerNode - 1) / cluster.node.gpusPerNode
  }

  /// Units at midnight.
  var startUnits: Int {
    guard let first = timetable.first else { return units }
    return first.from == .zero ? first.units : timetable.last?.units ?? units
  }

  /// The most units that the pool ever has.
  package func mostUnits(scaling: ScalingSpec?, pool: Int) -> Int {
    let scaled = scaling.map { $0.pool == pool ? $0.most : 0 } ?? 0
    return max(units, scaled, timetable.map(\.units).max() ?? 0)
  }

  /// The memory of its GPUs.
  ///
  /// - Throws: `InferenceRefusal` if nothing is left for caches.
  func memory(
    _ model: ModelSpec, _ cluster: ClusterSpec, longestPrompt: Int, drafts: Int
  ) throws(InferenceRefusal) -> ServiceMemory {
    var base = step
    base.phase = role == .decode ? .decode : .prefill
    let decodes = scheduler.seats * (1 + drafts)
    let prompts =
      switch scheduler.policy {
      case .fcfs: longestPrompt
      case .vllm: scheduler.tokenBudget
      case .sglang: scheduler.chunk
      }
    do throws(InferenceRefusal) {
      return try ServiceMemory(
        base, model: model, cluster: cluster,
        tokensPerStep: role == .decode ? decodes : min(prompts, longestPrompt * scheduler.seats),
        sequencesPerStep: min(scheduler.seats, role == .prefill ? 64 : decodes),
        cachedPrefix: role == .decode ? 0 : max(0, longestPrompt - prompts))
    } catch {
      throw error.asked(at: "service.\(role.rawValue)")
    }
  }

  /// Bytes of a token's cache on a GPU of each stage.
  func bytesPerToken(_ model: ModelSpec) -> [Int] {
    StageWeights.stages(
      of: step.layout, model, scheme: step.formats.weights, cache: step.kvCache,
      redundant: step.redundantExperts, drafts: step.drafts(of: model),
      absorbedCopy: step.absorbedCopy
    ).map(\.cachePerToken)
  }

  /// Rows of the most loaded GPU's experts / mean, mean over layers, for a batch of usual size.
  func imbalance(
    _ model: ModelSpec, _ cluster: ClusterSpec, sharing shared: SharedSurface
  ) -> Double {
    guard model.expertLayers > 0, !step.routing.isUniform else { return 1 }
    let layers = shared.costs(of: step, model: model, cluster: cluster).traffic.maxOverMean
    return layers.reduce(0, +) / Double(max(1, layers.count))
  }
}

extension FailureSpec {
  /// Failures per second of a unit with some parts.
  func hazard(gpus: Int, hosts: Int, nics: Int) -> Double {
    [(gpus, gpuMTBF), (hosts, hostMTBF), (nics, nicMTBF)].reduce(0) { sum, part in
      sum + (part.1.map { Double(part.0) / $0.value } ?? 0)
    }
  }
}
