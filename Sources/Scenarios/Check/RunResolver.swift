// Resolves the keys under `run` to a TrainingRunSpec that fits its cluster and model.

import Cluster
import ModelCost
import Runs
import Training
import Units

/// Makes the spec of a run; checks every condition that can be checked despite other problems.
struct RunResolver {
  let fields: Fields
  let around: Surroundings

  var problems: Problems { around.problems }

  /// The spec; nil, or with problems reported, if it is not valid.
  func spec() -> TrainingRunSpec? {
    let spares = self.spares()
    let cluster = self.cluster(spares)
    let phases = RunPhaseResolver(fields: fields, around: around, cluster: cluster).phases()
    let checkpoints = self.checkpoints()
    let failures = self.failures(checkpoints)
    let spikes = lossSpikes()
    let maintenance = self.maintenance()
    checkNeedOfCheckpoints(checkpoints, spikes, maintenance)
    checkGroups(checkpoints, phases, cluster)
    guard problems.diagnostics.isEmpty, let phases, let failures, let cluster,
      let replications = fields.value(RunKeys.replications),
      let queue = fields.value(RunKeys.queue), let jitter = fields.value(RunKeys.jitter),
      let stall = fields.value(RunKeys.dataStall),
      let perLeaf = fields.value(RunKeys.nodesPerLeaf),
      let evicts = fields.value(RunKeys.evictsSlowNodes), let power = power(cluster),
      let price = price(cluster)
    else { return nil }
    var spec = TrainingRunSpec(phases: phases, power: power, price: price)
    spec.replications = replications
    spec.seed = around.seed
    spec.queue = queue.value
    spec.jitter = jitter
    spec.dataStall = stall.value
    spec.nodesPerLeaf = perLeaf
    spec.evictsSlowNodes = evicts
    spec.checkpoints = checkpoints
    spec.failures = failures
    spec.spares = spares
    spec.spikes = spikes
    spec.maintenance = maintenance
    spec.evaluation = evaluation()
    setRestart(&spec)
    return spec
  }

  /// The cluster without spares; nil if it is not known.
  private func cluster(_ spares: SpareSpec?) -> ClusterSpec? {
    guard var cluster = around.cluster else { return nil }
    let count = spares?.count ?? 0
    guard count < cluster.nodeCount else {
      problems.add(
        "run.spares.count", "\"\(count)\" spares leave none of \(cluster.nodeCount) nodes",
        allowed: "expected: at most \(cluster.nodeCount - 1)")
      return nil
    }
    cluster.nodeCount -= count
    return cluster
  }

  /// Checks that the job has the nodes that hold each other's state.
  private func checkGroups(
    _ checkpoints: CheckpointSpec?, _ phases: [RunPhase]?, _ cluster: ClusterSpec?
  ) {
    guard let size = checkpoints?.inMemory?.groupSize, let phases, let cluster else { return }
    let gpus = phases.flatMap { $0.parts.map(\.step.layout.gpuCount) }.max() ?? 0
    let nodes = (gpus + cluster.node.gpusPerNode - 1) / cluster.node.gpusPerNode
    let path = "run.checkpoints.in_memory"
    if nodes < 2 {
      problems.add(
        path, "needs other nodes, and the job has one", allowed: "expected: absent")
    } else if size > nodes {
      problems.add(
        "\(path).group", "\"\(size)\" nodes are more than the \(nodes) of the job",
        allowed: "expected: at most \(nodes)")
    }
  }

  private func checkNeedOfCheckpoints(
    _ checkpoints: CheckpointSpec?, _ spikes: LossSpikes?, _ maintenance: [PlannedPause]
  ) {
    guard checkpoints == nil, !fields.isRefused(RunKeys.checkpoints) else { return }
    let needs = [
      (spikes != nil, "loss_spikes", "go back to a save"),
      (!maintenance.isEmpty, "maintenance", "begins with a save"),
    ]
    for (isWritten, key, what) in needs where isWritten {
      problems.add(
        "run.\(key)", "\(what), and there are none",
        allowed: "for example: run.checkpoints.interval: optimal")
    }
  }

  // MARK: Single blocks

  private func setRestart(_ spec: inout TrainingRunSpec) {
    let written = fields.given(RunKeys.restart) ?? Fields()
    func seconds(_ key: Key<Seconds>) -> Double { written.value(key)?.value ?? 0 }
    spec.restart.detection = seconds(RestartKeys.detection)
    spec.restart.decision = seconds(RestartKeys.decision)
    spec.restart.exchange = seconds(RestartKeys.exchange)
    spec.restart.container = seconds(RestartKeys.container)
    spec.restart.warmUp = seconds(RestartKeys.warmUp)
    spec.restart.firstLoad = seconds(RestartKeys.firstLoad)
    spec.communicators = CommunicatorTime(base: seconds(RestartKeys.communicators))
    spec.communicators.perGPU = seconds(RestartKeys.communicatorsPerGPU)
    spec.communicators.perPair = seconds(RestartKeys.communicatorsPerPair)
    spec.exposure = written.value(RestartKeys.exposure) ?? .always
  }

  private func evaluation() -> RunPauses? {
    guard let written = fields.given(RunKeys.evaluation),
      let every = written.given(EvaluationKeys.every),
      let takes = written.given(EvaluationKeys.takes)
    else { return nil }
    return RunPauses(everySteps: every, seconds: takes.value)
  }

  private func maintenance() -> [PlannedPause] {
    (fields.given(RunKeys.maintenance) ?? []).compactMap { entry in
      guard let time = entry.given(MaintenanceKeys.time),
        let takes = entry.given(MaintenanceKeys.takes)
      else { return nil }
      return PlannedPause(at: time.value, seconds: takes.value)
    }
  }

  private func lossSpikes() -> LossSpikes? {
    guard let written = fields.given(RunKeys.lossSpikes),
      let tokens = written.given(LossSpikeKeys.tokens),
      let back = written.value(LossSpikeKeys.savesBack),
      let skipped = written.value(LossSpikeKeys.skippedSteps)
    else { return nil }
    let kept =
      fields.given(RunKeys.checkpoints)?.value(CheckpointKeys.keeps)
      ?? CheckpointKeys.keeps.fallback ?? 1
    if back > kept {
      problems.add(
        "run.loss_spikes.saves_back", "\"\(back)\" saves back, but only \(kept) are kept",
        allowed: "expected: at most \(kept), or a larger run.checkpoints.keep")
    }
    return LossSpikes(meanTokens: tokens, savesBack: back, skippedSteps: skipped)
  }

  private func spares() -> SpareSpec? {
    guard let written = fields.given(RunKeys.spares),
      let count = written.given(SpareKeys.count), let hot = written.value(SpareKeys.hot),
      let failing = written.value(SpareKeys.failWhileWaiting),
      let repair = written.value(SpareKeys.repair), let law = written.value(SpareKeys.law),
      !written.isRefused(SpareKeys.crews)
    else { return nil }
    var spares = SpareSpec(count: count, repair: repair.value)
    spares.areHot = hot
    spares.failWhileWaiting = failing
    spares.crews = written.given(SpareKeys.crews)
    spares.law = law
    return spares
  }

  private func checkpoints() -> CheckpointSpec? {
    guard let written = fields.given(RunKeys.checkpoints),
      let hostLink = written.value(CheckpointKeys.hostLink),
      let isAsynchronous = written.value(CheckpointKeys.isAsynchronous),
      let keepsWeights = written.value(CheckpointKeys.keepsWeights),
      let readsOnce = written.value(CheckpointKeys.readsOnce),
      let storage = written.value(CheckpointKeys.storage),
      let nodeLink = written.value(CheckpointKeys.nodeLink),
      let overlap = written.value(CheckpointKeys.overlap),
      let keeps = written.value(CheckpointKeys.keeps),
      let interval = written.value(CheckpointKeys.interval),
      !written.isRefused(CheckpointKeys.every), !written.isRefused(CheckpointKeys.verification)
    else { return nil }
    let every: CheckpointSpec.Interval =
      written.given(CheckpointKeys.every).map { .steps($0) }
      ?? interval.value.map { .seconds($0.value) } ?? .optimal
    var spec = CheckpointSpec(every: every, hostLink: hostLink.value)
    spec.isAsynchronous = isAsynchronous
    spec.keepsWeights = keepsWeights
    spec.readsOnce = readsOnce
    spec.storage = storage.value
    spec.nodeLink = nodeLink.value
    spec.overlap = overlap
    spec.keeps = keeps
    spec.verification = written.given(CheckpointKeys.verification)?.value
    if let memory = written.given(CheckpointKeys.inMemory),
      let steps = memory.given(InMemoryKeys.every), let group = memory.value(InMemoryKeys.group),
      let areNeighbours = memory.value(InMemoryKeys.areNeighbours)
    {
      spec.inMemory = CheckpointSpec.InMemory(
        interval: .steps(steps), groupSize: group, areNeighbours: areNeighbours)
    }
    return spec
  }

  private func power(_ cluster: ClusterSpec) -> PowerSpec? {
    let written = fields.given(RunKeys.power) ?? Fields()
    guard !fields.isRefused(RunKeys.power), !written.isRefused(PowerKeys.computing),
      let stalled = written.value(PowerKeys.stalled), let idle = written.value(PowerKeys.idle),
      let node = written.value(PowerKeys.node), let others = written.value(PowerKeys.others),
      let usage = written.value(PowerKeys.usage)
    else { return nil }
    let usual = cluster.node.gpu.thermalDesignPower.value * PowerSpec.assumedComputeShare
    var power = PowerSpec(computing: written.given(PowerKeys.computing)?.value ?? usual)
    power.stalled = stalled.value
    power.idle = idle.value
    power.node = node.value
    power.others = others.value
    power.usage = usage
    return power
  }

  private func price(_ cluster: ClusterSpec) -> PriceSpec? {
    let written = fields.given(RunKeys.price) ?? Fields()
    guard !fields.isRefused(RunKeys.price), !written.isRefused(PriceKeys.gpuHour),
      !written.isRefused(PriceKeys.reserved),
      let kilowattHour = written.value(PriceKeys.kilowattHour),
      let terabyteMonth = written.value(PriceKeys.terabyteMonth)
    else { return nil }
    var price = PriceSpec(
      gpuHour: written.given(PriceKeys.gpuHour)?.value ?? cluster.node.gpu.price.value)
    price.reservedSeconds = written.given(PriceKeys.reserved)?.value
    price.kilowattHour = kilowattHour
    price.terabyteMonth = terabyteMonth
    if let beyond = written.given(PriceKeys.gpuHourBeyond) {
      price.gpuHourBeyond = beyond.value
      if price.reservedSeconds == nil {
        problems.add(
          "run.price.gpu_hour_beyond", "has no use without a term",
          allowed: "expected: absent, or reserved beside it")
      }
    }
    return price
  }
}

extension QuestionResolver {
  static let run = QuestionResolver(key: ScenarioKeys.run) { fields, around in
    guard let spec = RunResolver(fields: fields, around: around).spec() else { return nil }
    let orders = spec.phases.flatMap(\.parts).compactMap(\.step.userSchedule?.text)
    var remarks: [String] = []
    for (index, order) in orders.enumerated() where !orders[..<index].contains(order) {
      remarks += order.split(whereSeparator: \.isNewline).map { "order: \($0)" }
    }
    return ResolvedQuestion(question: .trainingRun(spec), remarks: remarks)
  }
}
