// Chooses among partitions with the schedule's own order: all of them by the eager evaluation of
// the plan on the durations of their cells, with the optimizer behind it; the best ones by
// simulation. Loads are balanced, and one GPU stands for each rank, without faults and paths of its
// own.

import Execution
import Schedules
import Units

extension StepPlanner {
  /// Cells that may be evaluated for the candidates of a plan, about 0.1 s.
  private static let evaluatedCells = 400_000
  /// How many times as long it takes to derive an order as to evaluate it.
  private static let tries = 16
  /// Candidates that are simulated at least, and how far above the shortest evaluation they may be:
  /// it leaves out that cells and transfers share links.
  private static let finalists = 3
  private static let tolerance = 1.01
  /// Cells that may be simulated for further candidates, about 0.1 s.
  private static let simulatedCells = 6000

  /// The fastest step among partitions that fit; nil if none fits, with `over` as a step that does
  /// not.
  ///
  /// Steps are simulated in the order of their evaluations, which leave out waits for links; of
  /// small plans until no other evaluation is shorter than the fastest simulation.
  mutating func fastest(of partitions: [[Int]], over: inout TrainingStep) -> TrainingStep? {
    let finalists = max(Self.finalists, Self.simulatedCells / cellCount)
    var best: (step: TrainingStep, end: SimTime?)?
    var (simulated, limit) = (0, Double.infinity)
    for (partition, seconds) in ranked(partitions) {
      guard simulated < finalists, seconds <= limit else { break }
      let step = ordered(step(partition))
      guard step.fits else {
        if over.fits { over = step }
        continue
      }
      simulated += 1
      guard let known = best else {
        best = (step, nil)
        if finalists == Self.finalists { limit = seconds * Self.tolerance }
        continue
      }
      let shortest = known.end ?? known.step.simplified.end()
      best?.end = shortest
      guard seconds < (shortest - SimTime.zero).seconds else { break }
      let end = step.simplified.end()
      if end < shortest { best = (step, end) }
    }
    return best?.step
  }

  private var cellCount: Int { max(1, plan.cells.reduce(0) { $0 + $1.count }) }

  /// The partitions with the seconds of their evaluations, shortest first; equal ones in order.
  private mutating func ranked(_ partitions: [[Int]]) -> [(partition: [Int], seconds: Double)] {
    let cells = cellCount * (derivesOrder ? Self.tries : 1)
    var chosen = partitions
    if let short = shorterPlan, cells * partitions.count > Self.evaluatedCells {
      // The slowest rank sets the pace of the microbatches that are left out.
      let missing = sizes.microbatches - short.sizes.microbatches
      let pace = Double(missing) / Double(short.sizes.microbatches)
      let screened = sorted(partitions) { planner, partition in
        let stages = planner.contents(of: partition)
        let evaluation = planner.evaluation(of: short, on: stages)
        return evaluation.makespan.seconds + (evaluation.busy.max() ?? .zero).seconds * pace
      }
      chosen = screened.prefix(max(Self.finalists, Self.evaluatedCells / cells)).map(\.partition)
    }
    return sorted(chosen) { planner, partition in
      let step = planner.ordered(planner.step(partition))
      let ends = planner.evaluation(of: step.plan, on: step.stages).ends
      return (step.simplified.end(after: ends) - SimTime.zero).seconds
    }
  }

  /// Whether the order of cells depends on the partition.
  var derivesOrder: Bool { kind?.ordersByDuration == true }

  private mutating func evaluation(
    of plan: Plan, on stages: [StageContent]
  ) -> StageTimer.Evaluation {
    timer.evaluation(of: plan, on: stages, transfer: transfer)
  }

  private mutating func sorted(
    _ partitions: [[Int]], seconds: (inout StepPlanner, [Int]) -> Double
  ) -> [(partition: [Int], seconds: Double)] {
    var found: [(partition: [Int], seconds: Double)] = []
    for partition in partitions { found.append((partition, seconds(&self, partition))) }
    return found.enumerated().sorted {
      ($0.element.seconds, $0.offset) < ($1.element.seconds, $1.offset)
    }.map(\.element)
  }

  /// The plan for two microbatches a rank, which every schedule of the catalogue supports; nil if
  /// the own plan is not longer.
  private var shorterPlan: Plan? {
    guard let kind, sizes.microbatches > 2 * sizes.ranks else { return nil }
    var sizes = sizes
    sizes.microbatches = 2 * sizes.ranks
    return try? kind.plan(sizes)
  }
}

extension TrainingStep {
  /// The same step with one GPU for each rank, without faults and paths of its own.
  fileprivate var simplified: TrainingStep {
    var step = self
    step.spec.fidelity = .folded
    step.cluster.faults = []
    step.cluster.paths = .adaptive
    if step.cluster.fabric.isListed { step.cluster.fabric = .nonBlocking }
    return step
  }

  /// The end of the step under balanced loads.
  ///
  /// - Parameter ends: the times when ranks end their cells, to simulate the optimizer alone.
  fileprivate func end(after ends: [SimDuration]? = nil) -> SimTime {
    SimulatedStep.Simulation(self, costs: costs.balanced, ends: ends).times.makespan
  }
}
