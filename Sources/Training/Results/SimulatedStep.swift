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

  /// What a step is compared with, to attribute its waits.
  private enum Counterfactual {
    case balanced
    /// Balanced, with hosts that launch at once.
    case hostless
  }

  /// Simulates a planned step, beside its counterfactuals.
  init(_ step: TrainingStep, workers: Workers) {
    self.step = step
    var others: [Counterfactual] = []
    if step.costs.loads != nil { others.append(.balanced) }
    if step.costs.host.launchesLayers { others.append(.hostless) }
    let simulations = workers.map(1 + others.count) { index in
      index == 0
        ? Simulation(step, costs: step.costs) : Self.simulation(of: step, others[index - 1])
    }
    func waits(_ other: Counterfactual) -> [SimDuration]? {
      others.firstIndex(of: other).map { Self.waits(of: simulations[$0 + 1]) }
    }
    let simulation = simulations[0]
    let (program, times) = (simulation.program, simulation.times)
    self.program = program
    self.times = times
    cellTimes = times.cellTimes(of: program)
    cellMeans = CellMeans(cellTimes)
    let ideal = Self.counterfactual(step.plan, cellMeans)
    peakChunks = ideal.peakActivations.max() ?? 0
    let attribution = Attribution(
      program: program, times: times, counterfactual: ideal,
      balancedWaits: waits(.balanced), hostlessWaits: waits(.hostless),
      experts: simulation.durations)
    self.attribution = attribution
    let results = Results(simulation, attribution, workers: workers)
    rankTimes = results.rankTimes
    trafficTimes = results.trafficTimes
    network = results.network
  }

  /// What a simulation says about each member, computed in parallel.
  private struct Results {
    var rankTimes: [RankTime] = []
    var trafficTimes: [TrafficTime] = []
    var network = NetworkUse()

    /// A result that is computed by itself.
    private enum Part: Sendable {
      case network(NetworkUse)
      case trafficTimes([TrafficTime])
      case rankTimes([RankTime])
    }

    init(_ simulation: Simulation, _ attribution: Attribution, workers: Workers) {
      let (program, times) = (simulation.program, simulation.times)
      let kinds = program.labels.map(\.kind.traffic)
      let members = times.members
      // The ledger takes longest. Its sums depend on the order of additions, so it is one part.
      let parts = workers.map(2 + members.count) { index -> Part in
        switch index {
        case 0:
          return .network(
            NetworkLedger(
              program.streams, times, transfers: simulation.transfers,
              shares: simulation.shares
            ) { kinds[$0] }.use)
        case 1:
          return .trafficTimes(times.trafficTimes(of: program.streams) { kinds[$0] })
        default:
          var attribution = attribution
          attribution.times = members[index - 2]
          return .rankTimes(attribution.rankTimes())
        }
      }
      for part in parts {
        switch part {
        case .network(let use): network = use
        case .trafficTimes(let times): trafficTimes = times
        case .rankTimes(let times): rankTimes += times
        }
      }
    }
  }

  /// The exchanges in cells, those of sharded units included.
  var cellExchanges: [TrafficTime] {
    guard step.spec.sharding.reducesInCells else { return trafficTimes.filter(\.kind.isInCells) }
    let kinds = program.labels.map(\.kind)
    return times.trafficTimes(of: program.streams) {
      kinds[$0].isInCells ? kinds[$0].traffic : nil
    }
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
  struct Simulation: Sendable {
    let program: StepProgram
    let transfers: PlacedTransfers
    let durations: MemberDurations?
    let shares: MemberShares?
    let times: StreamTimes

    /// - Parameter ends: the times when ranks end their cells, which are then left out; nil to
    ///   simulate them.
    init(_ step: TrainingStep, costs: BlockCosts, ends: [SimDuration]? = nil) {
      let choice = step.choice(isUneven: costs.loads != nil)
      let planner = step.transfers(choice.representatives)
      let compiler = StepCompiler(step, costs: costs, transfers: planner)
      program = ends.map { compiler.compile(ends: $0) } ?? compiler.compile()
      transfers = PlacedTransfers(program.streams, on: planner.network)
      let loads = step.memberLoads(choice, costs)
      durations = ExpertVariants.durations(costs, loads)
      shares = ExpertVariants.shares(costs, loads, planner)
      times = StreamMachine(
        program.streams, transfers: transfers, durations: durations, shares: shares
      ).run()
    }
  }

  /// The step under balanced loads, with its hosts or with those that launch at once.
  private static func simulation(of step: TrainingStep, _ other: Counterfactual) -> Simulation {
    var folded = step
    // With faults or paths of their own, no GPU represents others.
    let isRegular = step.cluster.faults.isEmpty && !step.cluster.hasOwnPaths
    if step.spec.fidelity != .everyGPU || isRegular {
      folded.spec.fidelity = .folded
    }
    var costs = step.costs.balanced
    if other == .hostless { costs.host = .none }
    return Simulation(folded, costs: costs)
  }

  /// How long each rank waits for the pipeline.
  private static func waits(of balanced: Simulation) -> [SimDuration] {
    Attribution(
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
