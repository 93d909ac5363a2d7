// One inference step: checked against memory, compiled, run, and analysed.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Units

/// A step that is ready to run.
package struct InferenceStep: Sendable {
  package let spec: InferenceSpec
  package let model: ModelSpec
  package let cluster: ClusterSpec
  package let costs: InferenceCosts
  package let memory: InferenceMemory

  /// Plans the step.
  ///
  /// - Parameter balance: the balance of the same model, GPUs and loads, if another step has
  ///   computed it.
  /// - Precondition: the spec has no problems for model and cluster.
  /// - Throws: `InferenceRefusal` if memory does not allow it.
  package init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil
  ) throws(InferenceRefusal) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    costs = InferenceCosts(spec: spec, model: model, cluster: cluster, balance: balance)
    memory = InferenceMemory(
      spec: spec, model: model, gpu: cluster.node.gpu, slotsPerGPU: costs.slotsPerGPU)
    if memory.total > memory.capacity { throw .memory(memory) }
  }

  /// Simulates the step.
  ///
  /// - Parameter keepsTimeline: whether the result includes the bars of its operations.
  /// - Complexity: O(layers x microbatches), in addition to placing experts once per layer.
  package func run(keepsTimeline: Bool = false) -> SimulationResult {
    let step = SimulatedStep(costs)
    let attribution = StepAttribution(
      program: step.program, times: step.times, isUneven: costs.balance.isUneven,
      slow: step.members.slow)
    let stepTime = step.times.makespan - SimTime.zero
    let rankTimes = attribution.rankTimes
    return SimulationResult(
      stepTime: stepTime,
      metrics: metrics(
        stepTime: stepTime.seconds, rankTimes,
        step.trafficTimes.meanSeconds(overGPUs: spec.expertParallel) { $0.kind.isInCells },
        imbalanceCost: (stepTime - evenTime(stepTime)).seconds),
      rankTimes: rankTimes, trafficTimes: step.trafficTimes,
      memory: memory.uses(gpus: spec.expertParallel),
      spans: keepsTimeline ? attribution.spans : [], layerLoads: layerLoads,
      network: step.network, assumptions: assumptions(step.members),
      fingerprint: step.times.fingerprint)
  }

  /// The load of the most loaded GPU in each layer.
  private var layerLoads: [LayerLoad] {
    let planned = costs.balance.planned
    return costs.traffic.maxOverMean.enumerated().map { layer, ratio in
      LayerLoad(
        layer: layer, maxOverMean: ratio,
        plannedMaxOverMean: planned.isEmpty ? nil : planned[layer])
    }
  }

  /// The time of the step if all GPUs were equally loaded.
  private func evenTime(_ stepTime: SimDuration) -> SimDuration {
    guard costs.balance.isUneven else { return stepTime }
    return SimulatedStep(costs.even).times.makespan - SimTime.zero
  }

  private func metrics(
    stepTime: Double, _ rows: [RankTime], _ exchange: Double, imbalanceCost: Double
  ) -> [Metric] {
    let tokens = spec.tokensPerStep
    let perGPU = tokens / stepTime
    let exposed = rows.meanSeconds(overGPUs: spec.expertParallel) {
      $0.activity.isExposedCommunication
    }
    let balance = costs.traffic.maxOverMean
    var values = [
      Metric(.stepTime, stepTime), Metric(.gpuCount, Double(spec.expertParallel)),
      Metric(.tokensPerSecondPerGPU, perGPU),
      Metric(.tokensPerSecondPerNode, perGPU * Double(cluster.node.gpusPerNode)),
      Metric(.exposedCommunicationRatio, exposed / stepTime),
      Metric(.exposedCommunicationTime, exposed),
      Metric(.communicationTime, exchange),
      Metric(.imbalanceCost, imbalanceCost),
      Metric(.gpuLoadMaxOverMean, balance.reduce(0, +) / Double(max(1, balance.count))),
      Metric(.peakMemory, memory.total), Metric(.kvCacheRoom, memory.cacheRoom),
      Metric(.kvBytesPerSequence, memory.cachePerSequence),
      Metric(.largestBatch, Double(memory.largestBatch)),
    ]
    if cluster.paths != .adaptive {
      let adaptive = SimulatedStep(costs.onAdaptivePaths).times.makespan - SimTime.zero
      values.append(Metric(.pathCollisionCost, stepTime - adaptive.seconds))
    }
    let planned = costs.balance.planned
    if !planned.isEmpty {
      values.append(
        Metric(.plannedMaxOverMean, planned.reduce(0, +) / Double(planned.count)))
    }
    if spec.phase == .decode {
      values.append(Metric(.timePerOutputToken, stepTime * Double(spec.batch) / tokens))
    }
    return MetricKind.all.compactMap { kind in values.first { $0.kind == kind } }
  }

  private func standing(_ members: InferenceMembers) -> String {
    let count = members.representatives.count
    if members.representatives.isComplete { return "each of the \(count) GPUs is simulated" }
    let kinds = members.slow.isEmpty ? "" : "; each kind of degraded ports has its own"
    guard costs.balance.isUneven else {
      return "\(count) of \(spec.expertParallel) GPUs represent\(count == 1 ? "s" : "") all\(kinds)"
    }
    return "\(count) of \(spec.expertParallel) GPUs represent all: in each layer one is the most"
      + " loaded, the others share the rest evenly\(kinds)"
  }

  /// The rules by which a replayed trace stands for the step.
  private var replay: String {
    guard case .replay(let trace) = spec.routing.source else { return "" }
    return "; " + trace.rule(layers: costs.traffic.layers, predictionLayers: 0)
  }

  private var loadAssumption: String {
    let loads = "expert loads: \(spec.routing.source.description)"
    let mixed =
      spec.plan == nil ? "" : ", by domain; the hourly mix of domains is synthetic"
    let placed: String
    switch (spec.planner, spec.plan) {
    case (.inOrder, _): placed = "are in order"
    case (_, nil): placed = "are placed for exactly these loads"
    case (_, let plan?):
      placed =
        "are placed for \(plan.windowMinutes) min of traffic that ended \(plan.ageMinutes) min"
        + " before the minute of the step"
    }
    return loads + replay + mixed + "; \(costs.balance.copies.sentence); experts \(placed)"
  }

  private func assumptions(_ members: InferenceMembers) -> [String] {
    var result = [
      "assumedReservedBytes: the runtime keeps "
        + memoryText(bytes: InferenceMemory.assumedReservedBytes) + " of each GPU",
      "assumedLeastKernelTime: no kernel takes less than "
        + durationText(seconds: InferenceCosts.assumedLeastKernelTime),
      "every GPU of a layer's experts starts its step together and has the same batch and context",
      standing(members),
    ]
    if costs.cluster.faults.contains(where: \.isDead) {
      result.append(
        "traffic of a dead NIC goes over NVLink, and evenly through the other NICs of its node")
    }
    if cluster.fabric != .nonBlocking {
      result.append(
        cluster.paths == .adaptive
          ? "topology \(cluster.fabric.name): flows share ports and switch links, of which a GPU"
            + " has an even share; all GPUs under a switch send alike"
          : "topology \(cluster.fabric.name), \(cluster.paths.rawValue): a hash of sender and"
            + " receiver binds flows to cables; only this unit's GPUs send")
    }
    if spec.phase == .prefill {
      result.append(
        "assumedExchangeBufferBytes: dispatch and combine keep "
          + memoryText(bytes: InferenceMemory.assumedExchangeBufferBytes))
      result.append(
        spec.cachedPrefix == 0
          ? "whole prompts, none of it cached"
          : "assumedPrefixPiece: the first \(spec.cachedPrefix) tokens of each prompt are cached;"
            + " their keys and values are reconstructed from the latents, at most"
            + " \(InferenceMemory.assumedPrefixPiece) tokens at a time")
    }
    if !spec.routing.isUniform { result.append(loadAssumption) }
    result += [
      KernelTimer.assumption(on: cluster.node.gpu), ExchangeMeasurement.assumption(on: cluster),
    ].compactMap { $0 }
    return result
  }
}

/// A step that has been simulated.
private struct SimulatedStep {
  let program: InferenceProgram
  let times: StreamTimes
  let members: InferenceMembers
  /// The traffic, and how long it took.
  let network: NetworkUse
  let trafficTimes: [TrafficTime]

  init(_ costs: InferenceCosts) {
    let compiler = InferenceCompiler(costs)
    members = compiler.members
    let (links, durations, shares) = (compiler.links, compiler.durations, compiler.shares)
    let program = compiler.compile()
    self.program = program
    let transfers = PlacedTransfers(program.streams, on: links)
    times = StreamMachine(
      program.streams, transfers: transfers, durations: durations, shares: shares
    ).run()
    let kinds = program.labels.map(\.kind.traffic)
    network =
      NetworkLedger(program.streams, times, transfers: transfers, shares: shares) { kinds[$0] }
      .use
    trafficTimes = times.trafficTimes(of: program.streams) { kinds[$0] }
  }
}
