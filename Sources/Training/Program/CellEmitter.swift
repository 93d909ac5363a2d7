// Turns one cell of the schedule into operations on the compute and communication streams.
//
// The order of emission is the order on both streams. In an overlapped pair the two directions
// alternate: attention forward while gradients are dispatched, experts backward while tokens are
// dispatched, experts forward while gradients combine, attention backward while outputs combine
// (the interleaving of DeepSeek's trace and report, figure 4). Kernels of such a pair are launched
// with grids that leave the exchange its SMs, whether one runs at the moment or not: in the trace
// all of them have 112 of 132 (fact trace.sm_split). A full backward in one piece fills its own
// exchanges with weight gradients.

import Execution
import ModelCost
import Schedules
import Units

/// The transfers of a rank's dispatches and combines, by index into the program's.
struct ExchangeTransfers {
  var dispatch: Int32
  var combine: Int32

  /// Nil for operations that exchange nothing with experts.
  subscript(kind: OperationKind) -> Int32? {
    switch kind {
    case .dispatch: dispatch
    case .combine: combine
    default: nil
    }
  }
}

/// A block of a cell, with the loads of its experts in the cell's microbatch.
struct CellBlock {
  var kind: LayerKind
  /// Layer x microbatches + microbatch of experts whose loads are uneven; nil for others.
  var load: Int?
}

/// Emits the operations of one cell.
struct CellEmitter {
  let costs: BlockCosts
  let rank: Int
  let cell: Int
  /// What dispatch and combine send; without it they take the time that they have alone.
  let exchanges: ExchangeTransfers?
  /// The first of the transfers of `GroupExchanges` in the program; without, likewise.
  let groupTransfers: Int32?
  private(set) var firstCompute: Int?
  private(set) var lastCompute = -1
  /// The computation before the last, or -1.
  private(set) var computeBeforeLast = -1
  /// Whether kernels leave the exchange its SMs for the whole cell.
  private var reservesSMs = false
  /// Whether the cell computes weight gradients of the blocks whose input gradients it computes.
  private(set) var computesWeights = false
  /// What later operations wait for.
  var pending = PendingExchanges()

  init(
    costs: BlockCosts, rank: Int, cell: Int, exchanges: ExchangeTransfers? = nil,
    groupTransfers: Int32? = nil
  ) {
    self.costs = costs
    self.rank = rank
    self.cell = cell
    self.exchanges = exchanges
    self.groupTransfers = groupTransfers
  }

  /// Operations of one direction that later ones wait for.
  private struct Ends {
    var dispatch: Int?
    var combine: Int?
  }

  /// Emits a cell of a plan, given the blocks of each stage.
  mutating func emit(
    _ cell: Cell, into program: inout StepProgram, blocks: (Work) -> [CellBlock]
  ) {
    switch cell {
    case .forward(let work): forward(blocks(work), into: &program)
    case .backwardInput(let work): backwardInput(blocks(work), into: &program)
    case .backwardWeight(let work): backwardWeight(blocks(work), into: &program)
    case .backward(let work): backward(blocks(work), into: &program)
    case .overlapped(let forward, let backward):
      overlapped(forward: blocks(forward), backward: blocks(backward), into: &program)
    }
  }

  mutating func forward(_ blocks: [CellBlock], into program: inout StepProgram) {
    for block in blocks {
      var ends = Ends()
      attentionForward(block, &ends, &program)
      expertsForward(block, &ends, &program)
      residualForward(block, ends, &program)
    }
    close(&program)
  }

  mutating func backwardInput(_ blocks: [CellBlock], into program: inout StepProgram) {
    for block in blocks.reversed() {
      var ends = Ends()
      prepareBackward(block, &ends, &program)
      expertsBackward(block, &ends, &program)
      compute(block, .attention, .backwardInput, ends.combine, &program)
    }
    close(&program)
  }

  mutating func backwardWeight(_ blocks: [CellBlock], into program: inout StepProgram) {
    for block in blocks.reversed() {
      for part in LayerKernels.Part.allCases.reversed() {
        compute(block, part, .backwardWeight, nil, &program)
      }
    }
    close(&program)
  }

  mutating func backward(_ blocks: [CellBlock], into program: inout StepProgram) {
    computesWeights = true
    var pending: CellBlock?
    for block in blocks.reversed() {
      var ends = Ends()
      prepareBackward(block, &ends, &program)
      if let pending { compute(pending, .attention, .backwardWeight, nil, &program) }
      compute(block, .feedForward, .backwardInput, nil, &program)
      compute(block, .feedForward, .backwardWeight, nil, &program)
      routedBackward(block, &ends, &program)
      compute(block, .experts, .backwardWeight, nil, &program)
      compute(block, .attention, .backwardInput, ends.combine, &program)
      pending = block
    }
    if let pending { compute(pending, .attention, .backwardWeight, nil, &program) }
    close(&program)
  }

  mutating func overlapped(
    forward: [CellBlock], backward: [CellBlock], into program: inout StepProgram
  ) {
    computesWeights = true
    let gradients = Array(backward.reversed())
    reservesSMs = (forward + backward).contains { costs[$0.kind].exchange != nil }
    var forwardEnds = Ends()
    var backwardEnds = Ends()
    if let first = gradients.first { prepareBackward(first, &backwardEnds, &program) }
    for index in 0..<max(forward.count, gradients.count) {
      let up = index < forward.count ? forward[index] : nil
      let down = index < gradients.count ? gradients[index] : nil
      forwardEnds = Ends()
      if let up { attentionForward(up, &forwardEnds, &program) }
      if let down {
        expertsBackward(down, &backwardEnds, &program)
        compute(down, .feedForward, .backwardWeight, nil, &program)
        compute(down, .experts, .backwardWeight, nil, &program)
      }
      if let up { expertsForward(up, &forwardEnds, &program) }
      if let down {
        compute(down, .attention, .backwardInput, backwardEnds.combine, &program)
        backwardEnds = Ends()
        if index + 1 < gradients.count {
          prepareBackward(gradients[index + 1], &backwardEnds, &program)
        }
        compute(down, .attention, .backwardWeight, nil, &program)
      }
      if let up { residualForward(up, forwardEnds, &program) }
    }
    close(&program)
  }

  // MARK: Pieces

  private mutating func attentionForward(
    _ block: CellBlock, _ ends: inout Ends, _ program: inout StepProgram
  ) {
    compute(block, .attention, .forward, nil, &program)
    if let exchange = costs[block.kind].exchange {
      ends.dispatch = communicate(.dispatch, block, exchange.dispatch, true, &program)
    }
  }

  private mutating func expertsForward(
    _ block: CellBlock, _ ends: inout Ends, _ program: inout StepProgram
  ) {
    compute(block, .feedForward, .forward, nil, &program)
    compute(block, .experts, .forward, ends.dispatch, &program)
    if let exchange = costs[block.kind].exchange {
      ends.combine = communicate(.combine, block, exchange.combine, true, &program)
    }
  }

  private mutating func residualForward(
    _ block: CellBlock, _ ends: Ends, _ program: inout StepProgram
  ) {
    compute(block, .residual, .forward, ends.combine, &program)
  }

  private mutating func prepareBackward(
    _ block: CellBlock, _ ends: inout Ends, _ program: inout StepProgram
  ) {
    compute(block, .residual, .backwardInput, nil, &program)
    if let exchange = costs[block.kind].exchange {
      // Without a cast before it the exchange still waits for the cell's first input.
      if lastCompute < 0 { empty(&program) }
      ends.dispatch = communicate(.dispatch, block, exchange.dispatch, false, &program)
    }
  }

  private mutating func expertsBackward(
    _ block: CellBlock, _ ends: inout Ends, _ program: inout StepProgram
  ) {
    compute(block, .feedForward, .backwardInput, nil, &program)
    routedBackward(block, &ends, &program)
  }

  private mutating func routedBackward(
    _ block: CellBlock, _ ends: inout Ends, _ program: inout StepProgram
  ) {
    compute(block, .experts, .backwardInput, ends.dispatch, &program)
    if let exchange = costs[block.kind].exchange {
      ends.combine = communicate(.combine, block, exchange.combine, false, &program)
    }
  }

  private mutating func compute(
    _ block: CellBlock, _ part: LayerKernels.Part, _ pass: LayerKernels.Pass, _ input: Int?,
    _ program: inout StepProgram
  ) {
    let time = costs[block.kind][part, pass]
    if time.alone == .zero && input == nil { return }
    let operationKind: OperationKind =
      switch part {
      case .attention: .attention
      case .feedForward: .feedForward
      case .experts: .experts
      case .residual: .residual
      }
    let inputs = prepareGroup(block, part, pass, &program) + (input.map { [Int32($0)] } ?? [])
    defer { concludeGroup(block, part, pass, &program) }
    if part == .attention, let times = costs[block.kind].ring(pass) {
      return ring(times, pass, inputs: inputs, &program)
    }
    let variant =
      part == .experts ? block.load.map { ExpertVariants.duration(load: $0, pass) } : nil
    add(operationKind, pass, time, variant: variant ?? -1, inputs: inputs, &program)
  }

  /// Emits computation.
  mutating func add(
    _ kind: OperationKind, _ pass: LayerKernels.Pass, _ time: ComputeTime, variant: Int32 = -1,
    inputs: [Int32], _ program: inout StepProgram
  ) {
    computeBeforeLast = lastCompute
    lastCompute = program.add(
      label(kind, isForward: pass == .forward), .compute, rank: rank,
      time: reservesSMs ? ComputeTime(time.besideCommunication) : time, variant: variant,
      inputs: inputs)
    if firstCompute == nil { firstCompute = lastCompute }
  }

  /// Emits computation without duration that waits for what is pending.
  mutating func empty(_ program: inout StepProgram) {
    add(.residual, .backwardInput, .zero, inputs: pending.take(nil), &program)
  }

  /// What an operation of the cell is.
  func label(_ kind: OperationKind, isForward: Bool) -> OperationLabel {
    OperationLabel(kind: kind, isForward: isForward, cell: Int32(cell))
  }

  /// An exchange that waits for the computation emitted last.
  private func communicate(
    _ kind: OperationKind, _ block: CellBlock, _ duration: SimDuration, _ isForward: Bool,
    _ program: inout StepProgram
  ) -> Int {
    let transfer = exchanges?[kind]
    let variant = ExpertVariants.exchange(load: block.load ?? 0, isDispatch: kind == .dispatch)
    return program.add(
      label(kind, isForward: isForward), .communication, rank: rank, time: ComputeTime(duration),
      transfer: transfer ?? -1, variant: transfer == nil ? -1 : variant,
      inputs: [Int32(lastCompute)] + pending.all)
  }

  /// A cell always has an operation, so that others can wait for it, and ends with its exchanges.
  private mutating func close(_ program: inout StepProgram) {
    if firstCompute == nil || !pending.all.isEmpty { empty(&program) }
  }
}
