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
  /// Memory of a GPU of each stage.
  package let stages: [InferenceMemory]

  /// Plans the step.
  ///
  /// - Parameters:
  ///   - spec: the phase, its batch and context, and the layout.
  ///   - model: the model that is served.
  ///   - cluster: the GPUs that serve it, and their network.
  ///   - balance: the balance of the same model, GPUs and loads, if another step has computed it.
  /// - Precondition: the spec has no problems for model and cluster.
  /// - Throws: `InferenceRefusal` if memory does not allow it.
  package init(
    spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, balance: ExpertBalance? = nil
  ) throws(InferenceRefusal) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    costs = InferenceCosts(spec: spec, model: model, cluster: cluster, balance: balance)
    stages = InferenceMemory.stages(spec, model, gpu: cluster.node.gpu)
    if memory.total > memory.capacity {
      throw .memory(MemoryShortage(memory, spec, model, cluster))
    }
  }

  /// Memory of the stage that needs the most.
  package var memory: InferenceMemory {
    stages.dropFirst().reduce(stages[0]) { $1.total > $0.total ? $1 : $0 }
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
    let rankTimes = attribution.rankTimes
    return SimulationResult(
      stepTime: step.times.makespan - SimTime.zero,
      metrics: metrics(step, rankTimes), rankTimes: rankTimes, trafficTimes: step.trafficTimes,
      memory: stages.flatMap { $0.uses(gpus: spec.gpusPerStage) },
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
}

/// A step that has been simulated.
struct SimulatedStep {
  let program: InferenceProgram
  let times: StreamTimes
  let members: InferenceMembers
  private let transfers: PlacedTransfers
  private let shares: MemberShares?

  init(_ costs: InferenceCosts) {
    let compiler = InferenceCompiler(costs)
    members = compiler.members
    let (links, durations, shares) = (compiler.links, compiler.durations, compiler.shares)
    let program = compiler.compile()
    self.program = program
    let transfers = PlacedTransfers(program.streams, on: links)
    (self.transfers, self.shares) = (transfers, shares)
    times = StreamMachine(
      program.streams, transfers: transfers, durations: durations, shares: shares
    ).run()
  }

  /// The duration of the step.
  var makespan: SimDuration { times.makespan - SimTime.zero }

  /// The traffic of the step.
  var network: NetworkUse {
    let kinds = kinds
    return NetworkLedger(program.streams, times, transfers: transfers, shares: shares) {
      kinds[$0]
    }.use
  }

  /// How long the traffic took.
  var trafficTimes: [TrafficTime] {
    let kinds = kinds
    return times.trafficTimes(of: program.streams) { kinds[$0] }
  }

  private var kinds: [TrafficKind?] { program.labels.map(\.kind.traffic) }
}
