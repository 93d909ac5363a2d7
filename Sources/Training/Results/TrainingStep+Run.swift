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
    let choice = choice(isUneven: costs.loads != nil)
    let transfers = transfers(choice.representatives)
    let program = compiler(costs, transfers).compile()
    let loads = memberLoads(choice)
    let experts = ExpertVariants.durations(costs, loads)
    let shares = ExpertVariants.shares(costs, loads, transfers)
    let times = StreamMachine(
      program.streams, links: transfers.links, durations: experts, shares: shares
    ).run()
    let means = CellMeans(program, times)
    let ideal = counterfactual(means)
    let attribution = Attribution(
      program: program, times: times, counterfactual: ideal,
      balancedWaits: balancedWaits(), experts: experts)
    let course =
      keepsTimeline ? Course(program: program, times: times, attribution: attribution) : nil
    let rankTimes = times.members.flatMap { times in
      var attribution = attribution
      attribution.times = times
      return attribution.rankTimes()
    }
    let figures = StepFigures(
      step: self, stepTime: SimDuration(picoseconds: times.makespan), rankTimes: rankTimes,
      means: means, program: program, times: times,
      peakChunks: ideal.peakActivations.max() ?? 0,
      communication: communicationTime(program, times))
    return SimulationResult(
      stepTime: SimDuration(picoseconds: times.makespan), metrics: figures.metrics(),
      rankTimes: rankTimes,
      memory: memory.ranks.enumerated().flatMap {
        $1.uses(rank: $0, gpus: spec.layout.gpusPerRank)
      },
      spans: course?.spans() ?? [], memoryPoints: course?.memoryPoints(memory) ?? [],
      expertLoads: expertLoads,
      network: networkUse(program, times, transfers.links, shares),
      assumptions: assumptions, fingerprint: times.fingerprint)
  }

  /// The rows of each member's experts, by layer x microbatches + microbatch; nil where they are
  /// balanced.
  private func memberLoads(_ choice: RepresentativeChoice) -> MemberLoads? {
    guard let loads = costs.loads else { return nil }
    let sizes = loads.sizes
    let sequences = plan.cells.map { cells in
      var isHeld = Array(repeating: false, count: stages.count)
      for cell in cells { if let work = cell.forwardWork { isHeld[work.stage] = true } }
      return stages.indices.filter { isHeld[$0] }.flatMap { stages[$0].expertLayers }.flatMap {
        $0 * sizes.microbatches..<($0 + 1) * sizes.microbatches
      }
    }
    return MemberLoads(
      choice, groupSize: sizes.gpus, gpusPerNode: sizes.gpus / costs.expertNodes,
      values: loads.rowsOfGPUs.map { Double($0) }, sequences: sequences)
  }

  /// The GPUs of each rank that are simulated.
  func choice(isUneven: Bool) -> RepresentativeChoice {
    let layout = spec.layout
    return RepresentativeChoice(
      spec.fidelity,
      states: FaultStates(cluster).states(ranks: layout.pipeline, gpusPerRank: layout.gpusPerRank),
      groupSizes: layout.groupSizes, exchangeLevel: Int(MeetingLevel.expertGroup.rawValue),
      isUneven: isUneven)
  }

  /// What the step sends, and over which links.
  func transfers(_ representatives: Representatives) -> TransferPlanner {
    TransferPlanner(
      spec: spec, model: model, cluster: cluster, costs: costs, representatives: representatives)
  }

  /// The step as operations on streams.
  func program() -> StepProgram {
    compiler(costs, transfers(choice(isUneven: costs.loads != nil).representatives)).compile()
  }

  /// What compiles the step under given costs.
  func compiler(_ costs: BlockCosts, _ transfers: TransferPlanner) -> StepCompiler {
    StepCompiler(
      spec: spec, model: model, cluster: cluster, plan: plan, stages: stages, costs: costs,
      memory: memory, transfers: transfers)
  }

  /// Waiting for the pipeline of each rank in this step under balanced loads; nil where they are.
  private func balancedWaits() -> [Int64]? {
    guard costs.loads != nil else { return nil }
    var folded = self
    if spec.fidelity != .everyGPU || cluster.faults.isEmpty { folded.spec.fidelity = .folded }
    let transfers = folded.transfers(folded.choice(isUneven: false).representatives)
    let program = folded.compiler(costs.balanced, transfers).compile()
    let times = StreamMachine(
      program.streams, links: transfers.links,
      shares: ExpertVariants.shares(costs, nil, transfers)
    ).run()
    return Attribution(program: program, times: times, counterfactual: nil).pipelineWaits()
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

  /// What was sent, over what, and when.
  private func networkUse(
    _ program: StepProgram, _ times: StreamTimes, _ links: GPULinks, _ shares: MemberShares?
  ) -> NetworkUse {
    NetworkLedger(program.streams, times, links: links, shares: shares) { operation in
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

  /// Seconds of all exchanges inside cells once all members are there, mean over GPUs.
  private func communicationTime(_ program: StepProgram, _ times: StreamTimes) -> Double {
    times.meanSeconds(
      exchanges: program.labels.indices.filter {
        Attribution.exposed(program.labels[$0].kind) != nil
      }, ranks: program.rankCount)
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
    let share = spec.fidelity == .everyGPU ? "" : "; a GPU has an even share of its switches' links"
    return "topology \(cluster.fabric.name): flows share ports and switch links; routes are spread"
      + " evenly over parallel cables\(share)"
  }

  private var loadAssumption: String {
    guard costs.loads != nil else {
      return "expert loads are balanced; dispatch and combine run at the rates of DeepEP's kernels"
    }
    let stands =
      spec.fidelity == .everyGPU
      ? ""
      : "in each layer one GPU of an expert group is the most loaded, the others share the rest; "
    let planned =
      spec.planner == .inOrder
      ? ""
      : "\(spec.planner.rawValue) has placed experts for their mean loads, and moving them takes"
        + " no time; "
    return "expert loads: \(spec.routing.source); \(planned)\(stands)"
      + "an exchange is over when the most loaded GPU's part is; memory is the most loaded GPU's"
  }
}
