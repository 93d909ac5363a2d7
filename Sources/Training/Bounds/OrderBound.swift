// A lower bound of a step in the order of its plan: the longest path over cells and hops, where
// each cell takes the longest path over the least times of its operations. Its bubbles are those of
// the schedule, on the partitions among which the planner chooses.

import Cluster
import Execution
import ModelCost
import Recording
import Schedules
import Units

/// Least seconds of the cells of real stages, each emitted once.
struct CellSpans {
  private let costs: BlockCosts
  private var known: [Key: Double] = [:]

  /// The inputs that determine the operations of a cell.
  private struct Key: Hashable {
    var kind: CellKind
    var blocks: [[StageBlock]?]
  }

  init(costs: BlockCosts) {
    self.costs = costs
  }

  /// From the first computation of a cell to its last one.
  mutating func seconds(of cell: Cell, _ stages: [StageContent]) -> Double {
    let works = [cell.forwardWork, cell.backwardInputWork ?? cell.backwardWeightWork]
    let key = Key(kind: CellKind(cell), blocks: works.map { $0.map { stages[$0.stage].blocks } })
    if let found = known[key] { return found }
    var emitter = CellEmitter(costs: costs, program: StepProgram(rankCount: 1))
    emitter.emit([cell], rank: 0) { CellBlock.blocks(of: stages[$0.stage]) }
    let span = BlockBounds.span(emitter.program, isUneven: costs.loads != nil)
    known[key] = span
    return span
  }
}

extension StepBound {
  /// The bound with that of the plan's order, for every partition that the planner may choose.
  ///
  /// It stays as it is if the order depends on durations.
  ///
  /// - Throws: `TrainingRefusal` if the schedule does not support the sizes, or no partition fits.
  /// - Complexity: O(partitions x cells).
  package func inOrder(
    _ spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    factor: Double = 1
  ) throws(TrainingRefusal) -> StepBound {
    var planner = try StepPlanner(spec: spec, model: model, cluster: cluster, costs: costs)
    let layouts = planner.derivesOrder ? [] : try planner.layouts()
    guard !layouts.isEmpty else { return self }
    let link = StageLink(spec: spec, model: model, cluster: cluster)
    let graph: PlanGraph
    do {
      graph = try PlanGraph(planner.plan) { rank, target in
        link.reach(from: rank, to: target).time(of: link.bytes, on: cluster.node).seconds
      }
    } catch {
      // The catalogue's by their tests; a user's order is checked when it is read.
      preconditionFailure("a plan is free of deadlock: \(error)")
    }
    var spans = CellSpans(costs: costs)
    var least = Double.infinity
    for layout in layouts {
      let stages = StageContent.stages(of: model, layout: layout, activations: spec.activations)
      least = min(least, graph.makespan(graph.kinds.map { spans.seconds(of: $0, stages) }))
    }
    var bound = self
    let seconds = (least + update) * Self.rounding * factor
    if seconds > bound.seconds { (bound.seconds, bound.name) = (seconds, "order") }
    return bound
  }
}
