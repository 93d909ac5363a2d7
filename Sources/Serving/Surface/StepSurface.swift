// Step times as a surface: the time of any step of a deployment, from few runs of the step machine.
//
// Steps that only decode, prompts, and both in one pass are surfaces apart, and so are steps that
// run as one microbatch since they are too small for more, and prompts with and without cached
// tokens: nothing is interpolated across a change of kernels. Each surface is a SurfaceGrid over
//
//     decode   sequences, load of the unit, mean context
//     prompts  tokens, mean tokens that each attends to, cached tokens (if any), load of the unit
//     both     those of prompts, and sequences and mean context of those that decode
//
// The load of the unit is its mean tokens per group over the group's own, times the imbalance; only
// if tokens are gathered do the two differ. Sums of contexts grow by lines, in whole picoseconds.
//
// Validity: as SurfaceMachine; between nodes, at most the largest error that `statistics` reports
// at check points. Work of the host around a step is not included.

import Cluster
import ModelCost
import Units

/// Times of the steps of an attention group.
package struct StepSurface: Sendable {
  private let machine: SurfaceMachine
  /// By the index of a kind.
  private var grids: [SurfaceGrid] = []
  private let topK: Double
  private var machineRuns = 0
  private var outsideCalls = 0
  /// Axes of a unit's load: mean tokens of groups, and imbalance, or both as one.
  private let loadAxes: LoadAxes

  private enum LoadAxes: Sendable {
    case none, groups, product, both
  }

  /// Steps that use the same kernels.
  private struct Kind: Hashable, Sendable {
    var prompts = false
    var cached = false
    var decodes = false
    /// Few sequences that decode alone: each number of them has cells of its own, since kernels of
    /// few rows are not smooth in them.
    var isSmall = false
    var microbatches = 1

    /// Number of different kinds.
    static let count = 24

    /// A number for each kind.
    var index: Int {
      (prompts ? 1 : 0) + (cached ? 1 : 0)
        + 3 * ((decodes ? 1 : 0) + (isSmall ? 2 : 0) + (microbatches > 1 ? 4 : 0))
    }

    /// Whether the load is counted in rows of a GPU's experts, and not as a share.
    func countsRows(_ layout: InferenceLayout) -> Bool { isSmall && layout.data == 1 }
  }

  /// Sequences from which on steps that only decode are interpolated in their number: more if
  /// experts have whole rows.
  private let manySequences: Int

  private let asksMachineFirst: Bool

  /// The largest relative difference from the machine that a cell may have at its check points.
  package static let tolerance = 0.0025

  /// - Parameters:
  ///   - base: layout, formats, cache, experts' slots, microbatches, drafts and kernels of the
  ///     deployment. Its batch, context, routing and fidelity have no effect: the load of experts
  ///     is part of a point. If its phase is not that of a step, exchanges hold the usual number of
  ///     multiprocessors.
  ///   - model: the model that is served.
  ///   - cluster: the GPUs that serve it, and their network.
  ///   - asksMachineFirst: whether steps with prompts are simulated until enough are asked in a
  ///     cell to pay for it; if not, all are interpolated.
  ///   - shared: what surfaces of equal `base`, `model` and `cluster` share.
  /// - Precondition: the spec has no problems for model and cluster.
  package init(
    _ base: InferenceSpec, model: ModelSpec, cluster: ClusterSpec, asksMachineFirst: Bool = true,
    sharing shared: SharedSurface = SharedSurface()
  ) {
    self.asksMachineFirst = asksMachineFirst
    machine = SurfaceMachine(base, model, cluster, sharing: shared)
    manySequences = model.expertLayers > 0 ? 256 : 32
    topK = Double(model.experts?.topK ?? 0)
    let layout = base.layout
    loadAxes =
      switch (model.expertLayers > 0, layout.experts, layout.data > 1, layout.expertPath) {
      case (false, _, _, _), (_, .divided, false, _): .none
      case (_, .divided, true, _): .groups
      case (_, .whole, true, .gather): .both
      case (_, .whole, _, _): .product
      }
    grids = (0..<Kind.count).map { index in
      let rest = index / 3
      let kind = Kind(
        prompts: index % 3 > 0, cached: index % 3 > 1, decodes: rest & 1 > 0,
        isSmall: rest & 2 > 0, microbatches: rest & 4 > 0 ? base.microbatches : 1)
      return SurfaceGrid(
        axes: axes(kind),
        exact: kind.isSmall ? SurfaceAxis(least: 1, first: 0, last: 8, step: 0) : nil,
        tolerance: Self.tolerance, depthLimit: 10)
    }
  }

  /// How the surface came about so far.
  package var statistics: SurfaceStatistics {
    var result = SurfaceStatistics()
    result.machineRuns = machineRuns
    result.outsideCalls = outsideCalls
    for grid in grids {
      result.nodes += grid.nodeCount
      result.refinedCells += grid.refinedCells
      result.cells += grid.cells.count { $0.axis < 0 && $0.corners >= 0 }
      result.largestError = max(result.largestError, grid.largestError)
    }
    return result
  }

  /// The time from the start of a step to the start of the same batch's next: in a pipeline the
  /// period of all batches in flight, otherwise the duration of the step.
  ///
  /// - Precondition: the point has prompt tokens or sequences that decode.
  package mutating func time(_ point: SurfacePoint) -> SimDuration {
    if point.prefillTokens == 0 { return line(point).start }
    let kind = kind(of: point)
    let place = place(point, kind)
    var known = grids[kind.index].known(at: place)
    if known == nil {
      guard !asksMachineFirst || grids[kind.index].isWorthMaking(at: place) else {
        machineRuns += 1
        return exact(point)
      }
      known = make(place, kind)
    }
    guard let cell = known else { return outside(point) }
    if grids[kind.index].cells[cell].isRough {
      machineRuns += 1
      return exact(point)
    }
    let value = grids[kind.index].value(at: place, in: cell)
    return SimDuration(picoseconds: Int64(value.rounded()))
  }

  /// The times of steps that only decode as their contexts grow; `start` is the point's own.
  ///
  /// - Precondition: the point has sequences that decode, and no prompt tokens.
  package mutating func line(_ point: SurfacePoint) -> StepLine {
    precondition(point.prefillTokens == 0, "only decoding grows along a line")
    let kind = kind(of: point)
    let place = place(point, kind)
    guard let cell = grids[kind.index].known(at: place) ?? make(place, kind) else {
      return StepLine(
        start: outside(point), perToken: .zero, context: point.decodeContext,
        contextLimit: point.decodeContext + 1)
    }
    if grids[kind.index].cells[cell].isRough {
      machineRuns += 1
      return StepLine(
        start: exact(point), perToken: .zero, context: point.decodeContext,
        contextLimit: point.decodeContext + 1)
    }
    let (low, high) = grids[kind.index].ends(at: place, in: cell)
    let contexts = grids[kind.index].lastAxis(of: cell)
    let first = contexts.low * point.decodes
    let limit = contexts.high * point.decodes
    // Rounded down, so that times do not fall where the next cell begins.
    let perToken = SimDuration(picoseconds: Int64((high - low) / Double(limit - first)))
    let start = SimDuration(picoseconds: Int64(low.rounded()))
    // A sequence has at least one token to attend to.
    let context = max(first, point.decodeContext)
    return StepLine(
      start: start + perToken * (context - first), perToken: perToken,
      context: context, contextLimit: limit)
  }

  /// The machine's time of a point, without the surface.
  package func exact(_ point: SurfacePoint) -> SimDuration {
    let kind = kind(of: point)
    return machine.period(step(place(point, kind), kind))
  }

  // MARK: Coordinates

  private func kind(of point: SurfacePoint) -> Kind {
    precondition(point.tokens > 0, "a step has tokens")
    let most = machine.base.microbatches
    let divisible = point.prefillTokens > 0 ? point.prefillTokens : point.decodes
    let microbatches = divisible >= most ? most : 1
    return Kind(
      prompts: point.prefillTokens > 0,
      cached: point.prefillTokens > 0 && point.prefillContext > 0, decodes: point.decodes > 0,
      isSmall: point.prefillTokens == 0 && point.decodes < manySequences,
      microbatches: microbatches)
  }

  /// Parts of 1 in which shares are counted.
  private static let shareUnit = 1024.0

  /// Shares of a point.
  private func load(_ point: SurfacePoint) -> (groups: Double, imbalance: Double) {
    let groups = point.unitTokens / Double(point.tokens)
    return switch loadAxes {
    case .none: (1, 1)
    case .groups: (groups, 1)
    case .product:
      ((machine.base.layout.data > 1 ? groups : 1) * point.imbalance, 1)
    case .both: (groups, point.imbalance)
    }
  }

  /// The values of a point on the axes of its kind; the mean context is the last.
  private func place(_ point: SurfacePoint, _ kind: Kind) -> SurfaceGrid.Point {
    var place = SurfaceGrid.Point()
    var count = 0
    func add(_ value: Double) {
      place[count] = value
      count += 1
    }
    if kind.prompts {
      add(Double(point.prefillTokens))
      add(max(1, Double(point.prefillPairsDoubled) / Double(2 * point.prefillTokens)))
      if kind.cached { add(Double(point.prefillContext)) }
    }
    let load = load(point)
    if loadAxes != .none {
      if kind.countsRows(machine.base.layout) {
        add((load.groups * rows(of: point.decodes)).rounded())
      } else {
        add(load.groups * Self.shareUnit)
      }
    }
    if loadAxes == .both { add(load.imbalance * Self.shareUnit) }
    if kind.decodes {
      let context = max(1, Double(point.decodeContext) / Double(point.decodes))
      add(kind.isSmall ? context : Double(point.decodes))
      add(kind.isSmall ? Double(point.decodes) : context)
    }
    return place
  }

  /// Rows that each GPU of a tensor group has of some sequences that decode, if loads are even.
  private func rows(of decodes: Int) -> Double {
    Double(decodes * (1 + machine.drafts)) * topK / Double(machine.base.layout.tensor)
  }

  private func axes(_ kind: Kind) -> [SurfaceAxis] {
    let coarse = kind.prompts ? 2 : 1
    var axes: [SurfaceAxis] = []
    if kind.prompts {
      axes.append(SurfaceAxis(least: kind.microbatches, first: 4, last: 18, step: coarse))
      axes.append(SurfaceAxis(least: 1, first: 6, last: 20, step: coarse))
      if kind.cached { axes.append(SurfaceAxis(least: 1, first: 8, last: 22, step: coarse)) }
    }
    if loadAxes != .none {
      axes.append(
        kind.countsRows(machine.base.layout)
          ? SurfaceAxis(least: 0, first: 1, last: 17, step: 1)
          : SurfaceAxis(least: 1, first: 3, last: 17, step: 1))
    }
    if loadAxes == .both { axes.append(SurfaceAxis(least: 1024, first: 11, last: 17, step: 1)) }
    if kind.decodes {
      if !kind.isSmall {
        axes.append(
          SurfaceAxis(
            least: kind.prompts ? 1 : manySequences,
            first: kind.prompts ? 2 : manySequences > 32 ? 9 : 6, last: 12,
            step: coarse))
      }
      axes.append(SurfaceAxis(least: 1, first: 8, last: 20, step: coarse))
    }
    return axes
  }

  /// The step at some values.
  private func step(_ place: SurfaceGrid.Point, _ kind: Kind) -> SurfaceMachine.Step {
    var step = SurfaceMachine.Step(microbatches: kind.microbatches)
    var count = 0
    func next() -> Double {
      defer { count += 1 }
      return place[count]
    }
    if kind.prompts {
      step.prefillTokens = Int(next())
      step.meanKeys = next()
      if kind.cached { step.prefillContext = Int(next()) }
    }
    let load = loadAxes == .none ? Self.shareUnit : next()
    step.groupShare = load / Self.shareUnit
    if loadAxes == .both { step.imbalance = next() / Self.shareUnit }
    if kind.decodes {
      let values = (next(), next())
      step.decodes = Int(kind.isSmall ? values.1 : values.0)
      step.context = Int((kind.isSmall ? values.0 : values.1).rounded())
    }
    if loadAxes == .product, machine.base.layout.data == 1 {
      let isCounted = kind.countsRows(machine.base.layout)
      step.imbalance = isCounted ? load / rows(of: step.decodes) : step.groupShare
      step.groupShare = 1
    }
    return step
  }

  // MARK: Machine

  /// Makes the cell that answers for a point; nil outside.
  private mutating func make(_ place: SurfaceGrid.Point, _ kind: Kind) -> Int? {
    // Taken out, so that it is not copied while the machine runs.
    var grid = SurfaceGrid.empty
    swap(&grid, &grids[kind.index])
    defer { swap(&grid, &grids[kind.index]) }
    return grid.cell(at: place) { run($0, kind) }
  }

  private mutating func run(_ node: SurfaceGrid.Node, _ kind: Kind) -> Double {
    machineRuns += 1
    return Double(machine.period(step(SurfaceGrid.Point(node), kind)).picoseconds)
  }

  /// The machine's time of a point that the grid does not cover.
  private mutating func outside(_ point: SurfacePoint) -> SimDuration {
    outsideCalls += 1
    machineRuns += 1
    return exact(point)
  }
}
