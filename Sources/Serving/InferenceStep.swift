// One inference step: checked against memory, compiled, run, and taken apart.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Units

/// A step that is ready to run.
public struct InferenceStep: Sendable {
  public let spec: InferenceSpec
  public let model: ModelSpec
  public let cluster: ClusterSpec
  public let costs: InferenceCosts
  public let memory: InferenceMemory

  /// Plans the step.
  ///
  /// - Parameter balance: of the same model, GPUs and loads, where another step has computed it.
  /// - Precondition: the spec has no problems for model and cluster.
  /// - Throws: `InferenceRefusal` where memory does not allow it.
  public init(
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
  /// - Parameter keepsTimeline: whether the result has the bars of its operations.
  /// - Complexity: O(layers x microbatches), beside placing experts once a layer.
  public func run(keepsTimeline: Bool = false) -> SimulationResult {
    let (program, links, times) = course(costs)
    let attribution = StepAttribution(program: program, times: times)
    let stepTime = SimDuration(picoseconds: times.makespan)
    let rankTimes = attribution.rankTimes
    return SimulationResult(
      stepTime: stepTime,
      metrics: metrics(
        stepTime: stepTime.seconds, rankTimes, attribution.exchange,
        imbalanceCost: (stepTime - evenTime(stepTime)).seconds),
      rankTimes: rankTimes,
      memory: (0..<program.gpuCount).flatMap { memory.uses(gpu: $0) },
      spans: keepsTimeline ? attribution.spans : [],
      network: networkUse(program, links, times), assumptions: assumptions,
      fingerprint: times.fingerprint)
  }

  /// The step's time if all GPUs were equally full.
  private func evenTime(_ stepTime: SimDuration) -> SimDuration {
    guard costs.balance.isUneven else { return stepTime }
    return SimDuration(picoseconds: course(costs.even).2.makespan)
  }

  private func course(_ costs: InferenceCosts) -> (InferenceProgram, GPULinks, StreamTimes) {
    let compiler = InferenceCompiler(costs)
    let links = compiler.links
    let program = compiler.compile()
    return (program, links, StreamMachine(program.streams, links: links).run())
  }

  private func networkUse(
    _ program: InferenceProgram, _ links: GPULinks, _ times: StreamTimes
  ) -> NetworkUse {
    NetworkLedger(program.streams, [times], links: links) { operation in
      switch program.labels[operation].kind {
      case .dispatch: .dispatch
      case .combine: .combine
      default: nil
      }
    }.use
  }

  private func metrics(
    stepTime: Double, _ rows: [RankTime], _ exchange: SimDuration, imbalanceCost: Double
  ) -> [Metric] {
    let tokens = spec.tokensPerStep
    let perGPU = tokens / stepTime
    let exposed = rows.filter {
      $0.rank == 0 && ($0.activity == .exposedDispatch || $0.activity == .exposedCombine)
    }.reduce(SimDuration.zero) { $0 + $1.time }
    let balance = costs.balance.fullest.map(\.gpu)
    var values = [
      Metric(.stepTime, stepTime), Metric(.gpuCount, Double(spec.expertParallel)),
      Metric(.tokensPerSecondPerGPU, perGPU),
      Metric(.tokensPerSecondPerNode, perGPU * Double(cluster.node.gpusPerNode)),
      Metric(.exposedCommunicationRatio, exposed.seconds / stepTime),
      Metric(.exposedCommunicationTime, exposed.seconds),
      Metric(.communicationTime, exchange.seconds),
      Metric(.imbalanceCost, imbalanceCost),
      Metric(.gpuLoadMaxOverMean, balance.reduce(0, +) / Double(max(1, balance.count))),
      Metric(.peakMemory, memory.total), Metric(.kvCacheRoom, memory.cacheRoom),
      Metric(.kvBytesPerSequence, memory.cachePerSequence),
      Metric(.largestBatch, Double(memory.largestBatch)),
    ]
    let planned = costs.balance.planned
    if !planned.isEmpty {
      values.append(
        Metric(.plannedMaxOverMean, planned.reduce(0, +) / Double(planned.count)))
    }
    if spec.phase == .decode {
      values.append(Metric(.timePerOutputToken, stepTime * Double(spec.batch) / tokens))
    }
    return MetricKind.allCases.compactMap { kind in values.first { $0.kind == kind } }
  }

  private var loadAssumption: String {
    let loads = "expert loads: \(spec.routing.source.description)"
    let mixed =
      spec.plan == nil ? "" : ", by domain; domains mix by the hour, which is synthetic"
    let placed: String
    switch (spec.planner, spec.plan) {
    case (.inOrder, _): placed = "lie in order"
    case (_, nil): placed = "are placed for exactly these"
    case (_, let plan?):
      placed =
        "are placed for \(plan.windowMinutes) min of traffic that ended \(plan.ageMinutes) min"
        + " before the minute that the step meets"
    }
    return loads + mixed + "; experts \(placed)"
  }

  private var assumptions: [String] {
    var result = [
      "assumedReservedBytes: the runtime keeps "
        + memoryText(bytes: InferenceMemory.assumedReservedBytes) + " of each GPU",
      "assumedLeastKernelTime: no kernel takes less than "
        + durationText(seconds: InferenceCosts.assumedLeastKernelTime),
      "every GPU of a layer's experts starts its step together and has the same batch and context",
      "two GPUs stand for all: one with the mean of the experts' load, one fullest in every layer",
    ]
    if costs.kinds.contains(where: \.isSlow) {
      result.append("beside them one for each kind of degraded ports, with the mean load")
    }
    if costs.kinds.contains(where: \.isDead) {
      result.append(
        "traffic of a dead NIC goes over NVLink, and evenly through the other NICs of its node")
    }
    if cluster.fabric != .nonBlocking {
      result.append(
        "topology \(cluster.fabric.name): flows share ports and switch links, of which a GPU has an"
          + " even share; all GPUs under a switch send alike")
    }
    if spec.phase == .prefill {
      result.append(
        "assumedExchangeBufferBytes: dispatch and combine keep "
          + memoryText(bytes: InferenceMemory.assumedExchangeBufferBytes))
      result.append(
        spec.cachedPrefix == 0
          ? "whole prompts, none of it cached"
          : "assumedPrefixPiece: the first \(spec.cachedPrefix) tokens of each prompt are cached;"
            + " their keys and values are made again from the latents, at most"
            + " \(InferenceMemory.assumedPrefixPiece) tokens at a time")
    }
    if !spec.routing.isUniform { result.append(loadAssumption) }
    return result
  }
}
