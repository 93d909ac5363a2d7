// A planned step after its run: the program, its times, and their attribution.

import Execution
import Recording
import Schedules
import Units

/// A step that has run.
struct SimulatedStep {
  let step: TrainingStep
  let program: StepProgram
  let times: StreamTimes
  /// As seen by the first GPU of each rank.
  let attribution: Attribution
  let rankTimes: [RankTime]
  let cellTimes: [CellTime]
  /// The mean durations of its cells.
  let cellMeans: CellMeans
  let trafficTimes: [TrafficTime]
  let network: NetworkUse
  /// Peak number of chunks of activations on any rank; chunks are freed at the end of W.
  let peakChunks: Int

  /// Simulates a planned step.
  init(_ step: TrainingStep) {
    self.step = step
    let simulation = Simulation(step, costs: step.costs)
    let (program, times) = (simulation.program, simulation.times)
    self.program = program
    self.times = times
    cellTimes = times.cellTimes(of: program)
    cellMeans = CellMeans(cellTimes)
    let ideal = Self.counterfactual(step.plan, cellMeans)
    peakChunks = ideal.peakActivations.max() ?? 0
    let attribution = Attribution(
      program: program, times: times, counterfactual: ideal,
      balancedWaits: Self.balancedWaits(of: step), experts: simulation.durations)
    self.attribution = attribution
    rankTimes = times.members.flatMap { times in
      var attribution = attribution
      attribution.times = times
      return attribution.rankTimes()
    }
    let kinds = program.labels.map(\.kind.traffic)
    trafficTimes = times.trafficTimes(of: program.streams) { kinds[$0] }
    network =
      NetworkLedger(
        program.streams, times, transfers: simulation.transfers, shares: simulation.shares
      ) { kinds[$0] }.use
  }

  /// Duration of the same step with adaptive paths; nil if its paths are adaptive.
  var adaptiveTime: SimDuration? {
    guard step.cluster.paths != .adaptive else { return nil }
    var other = step
    other.cluster.paths = .adaptive
    return Simulation(other, costs: step.costs).times.makespan - SimTime.zero
  }

  /// Duration of the step.
  var time: SimDuration { times.makespan - SimTime.zero }

  /// The program of a step under given costs, and its times.
  private struct Simulation {
    let program: StepProgram
    let transfers: PlacedTransfers
    let durations: MemberDurations?
    let shares: MemberShares?
    let times: StreamTimes

    init(_ step: TrainingStep, costs: BlockCosts) {
      let choice = step.choice(isUneven: costs.loads != nil)
      let planner = step.transfers(choice.representatives)
      program = StepCompiler(step, costs: costs, transfers: planner).compile()
      transfers = PlacedTransfers(program.streams, on: planner.network)
      let loads = step.memberLoads(choice, costs)
      durations = ExpertVariants.durations(costs, loads)
      shares = ExpertVariants.shares(costs, loads, planner)
      times = StreamMachine(
        program.streams, transfers: transfers, durations: durations, shares: shares
      ).run()
    }
  }

  /// How long each rank waits for the pipeline in this step under balanced loads; nil if they
  /// are balanced.
  private static func balancedWaits(of step: TrainingStep) -> [SimDuration]? {
    guard step.costs.loads != nil else { return nil }
    var folded = step
    if step.spec.fidelity != .everyGPU || step.cluster.faults.isEmpty {
      folded.spec.fidelity = .folded
    }
    let balanced = Simulation(folded, costs: step.costs.balanced)
    return Attribution(
      program: balanced.program, times: balanced.times, counterfactual: nil
    ).pipelineWaits()
  }

  /// The plan with the mean duration of each kind of cell and with transfers of zero duration.
  private static func counterfactual(_ plan: Plan, _ means: CellMeans) -> Timeline<Int64> {
    do {
      return try evaluate(plan, transfer: Int64(0)) { _, cell in
        means[CellKind(cell)]?.picoseconds ?? 0
      }
    } catch {
      preconditionFailure("a plan of the catalogue is free of deadlock: \(error)")
    }
  }
}
