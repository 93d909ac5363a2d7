// Runs a planned step and derives its figures.

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
  public func run(keepsTimeline: Bool = false) -> StepResult {
    let program = program()
    let times = StreamMachine(program).run()
    let means = CellMeans(program, times)
    let ideal = counterfactual(means)
    let attribution = Attribution(
      program: program, times: times, counterfactual: ideal, balancedWaits: balancedWaits())
    let course =
      keepsTimeline ? Course(program: program, times: times, attribution: attribution) : nil
    let rankTimes = attribution.rankTimes()
    let figures = StepFigures(
      step: self, stepTime: SimDuration(picoseconds: times.makespan), rankTimes: rankTimes,
      means: means, program: program, times: times,
      peakChunks: ideal.peakActivations.max() ?? 0, communication: communicationTime(program))
    return StepResult(
      stepTime: SimDuration(picoseconds: times.makespan), metrics: figures.metrics(),
      rankTimes: rankTimes,
      memory: memory.ranks.enumerated().flatMap { $1.uses(rank: $0) },
      spans: course?.spans() ?? [], memoryPoints: course?.memoryPoints(memory) ?? [],
      expertLoads: expertLoads,
      assumptions: assumptions, fingerprint: times.fingerprint)
  }

  /// The step as operations on streams.
  func program() -> StepProgram { program(costs) }

  private func program(_ costs: BlockCosts) -> StepProgram { compiler(costs).compile() }

  /// What compiles the step under given costs.
  func compiler(_ costs: BlockCosts) -> StepCompiler {
    StepCompiler(
      spec: spec, model: model, cluster: cluster, plan: plan, stages: stages, costs: costs,
      memory: memory)
  }

  /// Waiting for the pipeline of each rank in this step under balanced loads; nil where they are.
  private func balancedWaits() -> [Int64]? {
    guard costs.loads != nil else { return nil }
    let program = program(costs.balanced)
    return Attribution(
      program: program, times: StreamMachine(program).run(), counterfactual: nil
    ).pipelineWaits()
  }

  private var expertLoads: [ExpertLoad] {
    guard let loads = costs.loads else { return [] }
    let perGPU = loads.sizes.experts / loads.sizes.gpus
    return (0..<loads.sizes.layers).flatMap { layer in
      (0..<loads.sizes.experts).map { expert in
        ExpertLoad(
          layer: layer, expert: expert, gpu: expert / perGPU,
          rows: loads.total(layer: layer, expert: expert))
      }
    }
  }

  /// The plan as it would run if all cells of a kind took their mean and transfers nothing.
  private func counterfactual(_ means: CellMeans) -> Timeline<Int64> {
    do {
      return try evaluate(plan, transfer: Int64(0)) { _, cell in means.duration(of: cell) }
    } catch {
      preconditionFailure("a plan of the catalogue is free of deadlock: \(error)")
    }
  }

  /// Seconds of all dispatches and combines, mean over ranks.
  private func communicationTime(_ program: StepProgram) -> Double {
    var sum: Int64 = 0
    for operation in program.operations
    where operation.kind == .dispatch || operation.kind == .combine {
      sum += operation.alone
    }
    return SimDuration(picoseconds: sum).seconds / Double(program.rankCount)
  }

  private var assumptions: [String] {
    [
      "assumedReservedBytes: the runtime keeps "
        + memoryText(bytes: MemoryPlan.assumedReservedBytes) + " of each GPU",
      loadAssumption,
      "pipeline transfers and the ZeRO-1 exchange meet no other traffic",
    ]
  }

  private var loadAssumption: String {
    guard costs.loads != nil else {
      return "expert loads are balanced; dispatch and combine take the published bandwidths of "
        + "their size"
    }
    return "expert loads: \(spec.routing.source); a rank stands for the fullest GPU of its expert "
      + "group; messages and memory are those of balanced loads"
  }
}
