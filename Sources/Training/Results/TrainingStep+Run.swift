// Runs a planned step and derives its figures.

import Execution
import ModelCost
import Recording
import Routing
import Schedules
import Units

extension TrainingStep {
  /// Simulates the step.
  ///
  /// - Parameter keepsTimeline: whether the result has the bars and memory points of its course.
  /// - Complexity: O(operations x log ranks).
  public func run(keepsTimeline: Bool = false) -> SimulationResult {
    let transfers = transfers
    let program = program(transfers)
    let isEveryGPU = replicas.count > 1
    let experts = isEveryGPU ? ExpertVariants.durations(costs) : nil
    let shares = isEveryGPU ? ExpertVariants.shares(costs, transfers) : nil
    let times = StreamMachine(
      program.streams, links: transfers.links, durations: experts, shares: shares
    ).run()
    let replicaTimes = (0..<replicas.count).map { times.replica($0) }
    let means = CellMeans(program, replicaTimes)
    let ideal = counterfactual(means)
    let attribution = Attribution(
      program: program, times: times, counterfactual: ideal,
      balancedWaits: balancedWaits(transfers))
    let course =
      keepsTimeline ? Course(program: program, times: times, attribution: attribution) : nil
    let rankTimes = rankTimes(attribution, replicaTimes, experts: experts)
    let figures = StepFigures(
      step: self, stepTime: SimDuration(picoseconds: times.makespan), rankTimes: rankTimes,
      means: means, program: program, times: times,
      peakChunks: ideal.peakActivations.max() ?? 0,
      communication: communicationTime(program, replicaTimes))
    return SimulationResult(
      stepTime: SimDuration(picoseconds: times.makespan), metrics: figures.metrics(),
      rankTimes: rankTimes,
      memory: memory.ranks.enumerated().flatMap { $1.uses(rank: $0) },
      spans: course?.spans() ?? [], memoryPoints: course?.memoryPoints(memory) ?? [],
      expertLoads: expertLoads,
      network: networkUse(program, replicaTimes, transfers.links, shares),
      assumptions: assumptions, fingerprint: times.fingerprint)
  }

  /// What the step sends, and over which links.
  var transfers: TransferPlanner {
    TransferPlanner(spec: spec, model: model, cluster: cluster, costs: costs)
  }

  /// The step as operations on streams.
  func program() -> StepProgram { program(transfers) }

  private func program(_ transfers: TransferPlanner) -> StepProgram {
    let compiler = compiler(costs, transfers)
    return spec.fidelity == .folded ? compiler.compile() : compiler.compile(replicas)
  }

  /// What compiles the step under given costs.
  func compiler(_ costs: BlockCosts, _ transfers: TransferPlanner) -> StepCompiler {
    StepCompiler(
      spec: spec, model: model, cluster: cluster, plan: plan, stages: stages, costs: costs,
      memory: memory, transfers: transfers)
  }

  /// Waiting for the pipeline of each rank in this step under balanced loads; nil where they are.
  private func balancedWaits(_ transfers: TransferPlanner) -> [Int64]? {
    guard costs.loads != nil else { return nil }
    let program = compiler(costs.balanced, transfers).compile()
    return Attribution(
      program: program, times: StreamMachine(program.streams, links: transfers.links).run(),
      counterfactual: nil
    ).pipelineWaits()
  }

  private var expertLoads: [ExpertLoad] {
    guard let loads = costs.loads else { return [] }
    return (0..<loads.sizes.layers).flatMap { layer in
      (0..<loads.sizes.experts).map { expert in
        ExpertLoad(
          layer: layer, expert: expert, gpu: loads.gpu(layer: layer, expert: expert),
          rows: loads.total(layer: layer, expert: expert))
      }
    }
  }

  /// The GPUs of a rank that are simulated.
  private var replicas: ReplicaSet {
    switch spec.fidelity {
    case .folded: .one
    case .everyGPU:
      ReplicaSet(
        count: spec.layout.gpusPerRank, expertGroup: spec.layout.expert,
        tensorGroup: spec.layout.tensor, sequenceGroup: spec.layout.sharding.gpus)
    }
  }

  /// Where the time of each rank went, or of each GPU: GPU rank x replicas + replica.
  private func rankTimes(
    _ attribution: Attribution, _ replicas: [StreamTimes], experts: ReplicaDurations?
  ) -> [RankTime] {
    guard replicas.count > 1 else { return attribution.rankTimes() }
    let ranks = attribution.program.rankCount
    var gpus: [[RankTime]] = Array(repeating: [], count: ranks * replicas.count)
    for (replica, times) in replicas.enumerated() {
      var attribution = attribution
      attribution.times = times
      attribution.experts = experts
      attribution.replica = replica
      for var row in attribution.rankTimes() {
        row.rank = row.rank * replicas.count + replica
        gpus[row.rank].append(row)
      }
    }
    return gpus.flatMap { $0 }
  }

  /// What was sent, over what, and when.
  private func networkUse(
    _ program: StepProgram, _ replicas: [StreamTimes], _ links: GPULinks, _ shares: ReplicaShares?
  ) -> NetworkUse {
    NetworkLedger(program.streams, replicas, links: links, shares: shares) { operation in
      switch program.labels[operation].kind {
      case .dispatch: .dispatch
      case .combine: .combine
      case .send: .pipeline
      case .gradientReduction: .gradients
      case .parameterGather: .parameters
      case .tensorGather, .tensorScatter, .tensorSum: .tensor
      case .contextExchange, .contextGather, .contextScatter: .context
      default: nil
      }
    }.use
  }

  /// The plan as it would run if all cells of a kind took their mean and transfers nothing.
  private func counterfactual(_ means: CellMeans) -> Timeline<Int64> {
    do {
      return try evaluate(plan, transfer: Int64(0)) { _, cell in means.duration(of: cell) }
    } catch {
      preconditionFailure("a plan of the catalogue is free of deadlock: \(error)")
    }
  }

  /// Seconds of all exchanges inside cells, mean over ranks and replicas.
  private func communicationTime(_ program: StepProgram, _ replicas: [StreamTimes]) -> Double {
    var sum = 0.0
    for (index, label) in program.labels.enumerated()
    where Attribution.exposed(label.kind) != nil {
      for times in replicas { sum += Double(times.duration(index)) * 1e-12 }
    }
    return sum / Double(program.rankCount * replicas.count)
  }

  private var assumptions: [String] {
    let reserved =
      "assumedReservedBytes: the runtime keeps "
      + memoryText(bytes: MemoryPlan.assumedReservedBytes) + " of each GPU"
    return [reserved] + (model.experts == nil ? [] : [loadAssumption]) + [networkAssumption]
      + groupAssumptions
  }

  private var groupAssumptions: [String] {
    let layout = spec.layout
    return [
      layout.tensor > 1
        ? "computation waits for the collectives of tensor groups, as in Megatron-LM without its"
          + " overlap; they are rings in BF16 and hold no SMs" : nil,
      layout.context > 1
        ? (layout.sharding.contextExchange == .ring
          ? "keys and values go along a ring beside attention, which is"
          : "keys and values are gathered before attention, which is")
          + " as efficient as causal attention of one GPU's tokens; they hold no SMs" : nil,
    ].compactMap { $0 }
  }

  private var networkAssumption: String {
    guard cluster.fabric != .nonBlocking else {
      return "topology non-blocking: flows share the ports of GPUs; switches never bind"
    }
    let share = spec.fidelity == .folded ? "; a rank has an even share of its switches' links" : ""
    return "topology \(cluster.fabric.name): flows share ports and switch links; routes are spread"
      + " evenly over parallel cables\(share)"
  }

  private var loadAssumption: String {
    guard costs.loads != nil else {
      return "expert loads are balanced; dispatch and combine run at the rates of DeepEP's kernels"
    }
    let stands =
      spec.fidelity == .folded ? "a rank stands for the fullest GPU of its expert group; " : ""
    let planned =
      spec.planner == .inOrder
      ? ""
      : "\(spec.planner.rawValue) has placed experts for their mean loads, and moving them takes"
        + " no time; "
    return "expert loads: \(spec.routing.source); \(planned)\(stands)"
      + "an exchange is over when the fullest GPU's part is; memory is the fullest GPU's"
  }
}
