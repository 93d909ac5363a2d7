// Turns cells of the schedule into operations on the compute and communication streams.
//
// The order of emission is the order on both streams. In an overlapped pair the two directions
// alternate (the interleaving of DeepSeek's trace and report, figure 4):
//
//     compute         attention F   experts B    experts F   attention B
//     communication   dispatch B    dispatch F   combine B   combine F
//
// Kernels of such a pair are launched with grids that always leave the exchange its SMs, even while
// no exchange runs: in the trace all of them use 112 of 132 (fact trace.sm_split). A full backward
// in one piece overlaps its own exchanges with weight gradients.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// Emits the operations of cells into a program that it owns.
struct CellEmitter: ~Copyable {
  let costs: BlockCosts
  private(set) var program: StepProgram
  private var rank = 0
  /// The transfers of the current rank's cells; nil if exchanges take their uncontended durations.
  private(set) var transfers: RankTransfers?

  // The cell in progress.
  private var firstCompute: OperationID?
  private(set) var lastCompute: OperationID?
  private(set) var computeBeforeLast: OperationID?
  /// Whether kernels leave the exchange its SMs during the whole cell.
  private var reservesSMs = false
  /// Whether the cell also computes the weight gradients of the blocks whose input gradients it
  /// computes.
  private(set) var computesWeights = false
  /// Whether the rank computes weight gradients of the cell's stage for the last time.
  private(set) var isLastOfStage = false
  /// Whether a forward runs again inside a backward.
  private var isRecomputing = false
  /// Exchanges that later operations wait for.
  var pending = PendingExchanges()
  /// The gather or launches that the next computation waits for, if any.
  var awaited: [OperationID] = []
  /// The host's last launch for the layers begun, if nothing waits for it yet.
  var launched: [OperationID] = []
  /// The synchronisation that the next exchange with experts waits for.
  var synchronised: OperationID?
  /// How long the rank's exchanges wait for slower GPUs.
  var waits: BarrierWaits
  /// How long each rank waits for all others after its last cell, in the order of emission.
  private(set) var lastWaits: [SimDuration] = []
  /// The computation emitted last on the rank, in this cell or before it.
  private(set) var latestCompute: OperationID?

  /// - Parameter program: the program to append cells to.
  init(costs: BlockCosts, program: StepProgram) {
    self.costs = costs
    self.program = program
    waits = costs.barriers
  }

  /// Operations of one direction that later ones wait for.
  private struct Ends {
    var dispatch: OperationID?
    var combine: OperationID?
  }

  /// Emits the cells of a rank.
  ///
  /// - Parameters:
  ///   - transfers: the transfers of the cells; if nil, exchanges take their uncontended durations.
  ///   - sends: whether results of a cell go to another rank.
  ///   - blocks: the blocks of a stage.
  mutating func emit(
    _ cells: [Cell], rank: Int, transfers: RankTransfers? = nil,
    sends: (Cell) -> Bool = { _ in false }, blocks: (Work) -> [CellBlock]
  ) {
    self.rank = rank
    self.transfers = transfers
    latestCompute = nil
    waits = costs.barriers
    let last = Self.lastOfStages(cells)
    for (index, cell) in cells.enumerated() {
      isLastOfStage = last[index]
      (firstCompute, lastCompute, computeBeforeLast) = (nil, nil, nil)
      (reservesSMs, computesWeights) = (false, false)
      pending = PendingExchanges()
      synchronised = nil
      switch cell {
      case .forward(let work): forward(blocks(work))
      case .backwardInput(let work): backwardInput(blocks(work))
      case .backwardWeight(let work): backwardWeight(blocks(work))
      case .backward(let work): backward(blocks(work))
      case .overlapped(let forward, let backward):
        overlapped(forward: blocks(forward), backward: blocks(backward))
      }
      awaitLaunches()
      let end = computed()
      program.add(
        ProgramCell(
          rank: rank, cell: cell, firstCompute: firstCompute ?? end,
          lastCompute: pending.all.isEmpty && awaited.isEmpty ? end : wait(),
          wait: sends(cell) ? SimDuration(seconds: waits.meet(at: .neighbours)) : .zero))
    }
    lastWaits.append(SimDuration(seconds: waits.meet(at: .all)))
  }

  /// Whether each cell computes the weight gradients of its stage for the last time.
  private static func lastOfStages(_ cells: [Cell]) -> [Bool] {
    var isLast = [Bool](repeating: false, count: cells.count)
    var stages: [Int] = []
    for index in cells.indices.reversed() {
      guard let stage = cells[index].backwardWeightWork?.stage, !stages.contains(stage) else {
        continue
      }
      stages.append(stage)
      isLast[index] = true
    }
    return isLast
  }

  /// The exchanges of sharded units; nil if there are none during cells.
  var units: UnitTransfers? { transfers?.units }

  private mutating func forward(_ blocks: [CellBlock]) {
    var gathered = GatheredUnits(forward: blocks)
    for block in blocks {
      gathered.begin(&self)
      forward(block)
    }
  }

  private mutating func forward(_ block: CellBlock) {
    var ends = Ends()
    attentionForward(block, &ends)
    expertsForward(block, &ends)
    compute(block, .residual, .forward, ends.combine)
  }

  private mutating func backwardInput(_ blocks: [CellBlock]) {
    var gathered = GatheredUnits(backward: blocks)
    for block in blocks.reversed() {
      var ends = Ends()
      recompute(block, of: blocks, &gathered)
      prepareBackward(block, &ends)
      if !isGathered(block) { gathered.begin(&self) }
      expertsBackward(block, &ends)
      compute(block, .attention, .backwardInput, ends.combine)
    }
  }

  private mutating func backwardWeight(_ blocks: [CellBlock]) {
    for block in blocks.reversed() {
      for part in LayerKernels.Part.allCases.reversed() { compute(block, part, .backwardWeight) }
      reduce(block)
    }
  }

  private mutating func backward(_ blocks: [CellBlock]) {
    computesWeights = true
    var pending: CellBlock?
    var gathered = GatheredUnits(backward: blocks)
    for block in blocks.reversed() {
      var ends = Ends()
      recompute(block, of: blocks, &gathered)
      prepareBackward(block, &ends)
      if let pending { attentionWeights(pending) }
      if !isGathered(block) { gathered.begin(&self) }
      compute(block, .feedForward, .backwardInput)
      compute(block, .feedForward, .backwardWeight)
      routedBackward(block, &ends)
      compute(block, .experts, .backwardWeight)
      compute(block, .attention, .backwardInput, ends.combine)
      pending = block
    }
    if let pending { attentionWeights(pending) }
  }

  /// Emits the last gradients of a block.
  private mutating func attentionWeights(_ block: CellBlock) {
    compute(block, .attention, .backwardWeight)
    reduce(block)
  }

  private mutating func overlapped(forward: [CellBlock], backward: [CellBlock]) {
    computesWeights = true
    let gradients = Array(backward.reversed())
    reservesSMs = (forward + backward).contains { costs[$0.kind].exchange != nil }
    var forwardEnds = Ends()
    var backwardEnds = Ends()
    var ups = GatheredUnits(forward: forward)
    var downs = GatheredUnits(backward: backward)
    if let first = gradients.first {
      recompute(first, of: backward, &downs)
      prepareBackward(first, &backwardEnds)
    }
    for index in 0..<max(forward.count, gradients.count) {
      let up = index < forward.count ? forward[index] : nil
      let down = index < gradients.count ? gradients[index] : nil
      forwardEnds = Ends()
      if let up {
        ups.begin(&self)
        attentionForward(up, &forwardEnds)
      }
      if let down {
        if !isGathered(down) { downs.begin(&self) }
        expertsBackward(down, &backwardEnds)
        compute(down, .feedForward, .backwardWeight)
        compute(down, .experts, .backwardWeight)
      }
      if let up { expertsForward(up, &forwardEnds) }
      if let down {
        compute(down, .attention, .backwardInput, backwardEnds.combine)
        backwardEnds = Ends()
        if index + 1 < gradients.count {
          recompute(gradients[index + 1], of: backward, &downs)
          prepareBackward(gradients[index + 1], &backwardEnds)
        }
        attentionWeights(down)
      }
      if let up { compute(up, .residual, .forward, forwardEnds.combine) }
    }
  }

  // MARK: Pieces

  /// Whether a block's parameters are there when its backward begins, because the forward that ran
  /// before it was its own.
  private func isGathered(_ block: CellBlock) -> Bool {
    block.isRecomputed ? !block.recomputes.isEmpty : costs[block.kind].recomputed != nil
  }

  /// Emits the forward passes that run again before the backward of a block.
  ///
  /// - Parameter gathered: the units of the backward, of which those that run again begin.
  private mutating func recompute(
    _ block: CellBlock, of blocks: [CellBlock], _ gathered: inout GatheredUnits
  ) {
    isRecomputing = true
    defer { isRecomputing = false }
    for index in block.recomputes {
      gathered.begin(&self)
      forward(blocks[index])
    }
    guard !block.isRecomputed, let part = costs[block.kind].recomputed else { return }
    gathered.begin(&self)
    awaitLaunches()
    var ends = Ends()
    if part == .experts {
      add(.attention, .forward, costs[block.kind].routing, inputs: pending.take(.forward))
      synchronise(block)
      ends.dispatch = exchange(.dispatch, block, isForward: false)
      expertsForward(block, &ends)
    } else {
      launchAgain(block)
      compute(costs[block.kind].recomputing, .feedForward, .forward)
    }
  }

  private mutating func attentionForward(_ block: CellBlock, _ ends: inout Ends) {
    launch(block, isForward: true)
    compute(block, .attention, .forward)
    synchronise(block)
    ends.dispatch = exchange(.dispatch, block, isForward: !isRecomputing)
  }

  private mutating func expertsForward(_ block: CellBlock, _ ends: inout Ends) {
    compute(block, .feedForward, .forward)
    compute(block, .experts, .forward, ends.dispatch)
    ends.combine = exchange(.combine, block, isForward: !isRecomputing)
  }

  private mutating func prepareBackward(_ block: CellBlock, _ ends: inout Ends) {
    launch(block, isForward: false)
    compute(block, .residual, .backwardInput)
    ends.dispatch = exchange(.dispatch, block, isForward: false)
  }

  private mutating func expertsBackward(_ block: CellBlock, _ ends: inout Ends) {
    compute(block, .feedForward, .backwardInput)
    routedBackward(block, &ends)
  }

  private mutating func routedBackward(_ block: CellBlock, _ ends: inout Ends) {
    compute(block, .experts, .backwardInput, ends.dispatch)
    ends.combine = exchange(.combine, block, isForward: false)
  }

  private mutating func compute(
    _ block: CellBlock, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass,
    _ input: OperationID? = nil
  ) {
    compute(costs[block.kind], part, pass, input, load: block.load)
  }

  /// - Parameter load: the rows of experts; nil if they are balanced.
  private mutating func compute(
    _ cost: BlockCost, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass,
    _ input: OperationID? = nil, load: Int? = nil
  ) {
    let time = cost[part, pass]
    if time.alone == .zero && input == nil { return }
    let kind: OperationKind =
      switch part {
      case .attention: .attention
      case .feedForward: .feedForward
      case .experts: .experts
      case .residual: .residual
      }
    if let pieces = cost[pieces: part, pass] {
      return pipeline(pieces, kind, of: cost, part, pass, inputs: input.map { [$0] } ?? [])
    }
    let inputs = prepareGroup(cost, part, pass, dispatch: input) + (input.map { [$0] } ?? [])
    waits.work(cost[spread: part, pass])
    defer { concludeGroup(cost, part, pass) }
    if part == .attention, let times = cost.ring(pass) {
      return ring(times, pass, inputs: inputs)
    }
    let variant =
      part == .experts ? load.map { ExpertVariants.duration(load: $0, pass) } : nil
    add(kind, pass, time, variant: variant, inputs: inputs)
  }

  /// Emits computation.
  mutating func add(
    _ kind: OperationKind, _ pass: LayerKernels.Pass, _ time: ComputeTime,
    variant: MemberDurations.Variant? = nil, inputs: [OperationID]
  ) {
    computeBeforeLast = lastCompute
    lastCompute = add(
      kind, .compute, isForward: isForward(pass),
      .takes(reservesSMs ? time.reservingSMs : time, variant: variant),
      inputs: awaited.isEmpty ? inputs : inputs + awaited)
    if !awaited.isEmpty { awaited = [] }
    latestCompute = lastCompute
    if firstCompute == nil { firstCompute = lastCompute }
  }

  /// Whether an operation belongs to a forward cell.
  func isForward(_ pass: LayerKernels.Pass) -> Bool { pass == .forward && !isRecomputing }

  /// Emits an operation of the cell.
  mutating func add(
    _ kind: OperationKind, _ stream: RankStream, isForward: Bool, _ effort: StreamOperation.Effort,
    inputs: [OperationID]
  ) -> OperationID {
    let cell = CellID(program.cells.count)
    return program.add(
      OperationLabel(kind: kind, isForward: isForward, cell: cell), stream, rank: rank, effort,
      inputs: inputs)
  }

  /// The computation emitted last. The first operation of a cell waits for the cell's inputs, so
  /// there always is one; it takes no time if there is nothing to compute.
  mutating func computed() -> OperationID { lastCompute ?? wait() }

  /// Emits a computation of zero duration that waits for everything pending.
  private mutating func wait() -> OperationID {
    add(.residual, .backwardInput, .zero, inputs: pending.take(nil))
    return computed()
  }

  /// Emits a dispatch or combine that waits for the computation emitted last; nil if the block has
  /// no exchange with experts.
  private mutating func exchange(
    _ direction: ExpertExchange.Direction, _ block: CellBlock, isForward: Bool
  ) -> OperationID? {
    guard let time = costs[block.kind].exchange else { return nil }
    let kind: OperationKind = direction == .dispatch ? .dispatch : .combine
    let read = synchronised.map { [$0] } ?? []
    synchronised = nil
    let inputs = held(
      [computed()] + pending.all + read, at: .experts, .communication, isForward: isForward,
      seconds: (kind == .dispatch ? time.dispatch : time.combine).seconds)
    let effort: StreamOperation.Effort =
      if let transfer = transfers?.exchanges?[direction] {
        kind.sends(
          transfer, variant: ExpertVariants.exchange(load: block.load ?? 0, direction))
      } else {
        .takes(ComputeTime(kind == .dispatch ? time.dispatch : time.combine), variant: nil)
      }
    return add(kind, .communication, isForward: isForward, effort, inputs: inputs)
  }
}
