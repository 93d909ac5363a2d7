// Gathers of sharded parameters before the units of a cell, and reductions of their gradients after
// them, as in PyTorch's FSDP2.
//
// A unit is freed after its forward, also where that runs again before the backward of a group of
// layers; only the last of a group is kept for its backward, which follows. One gather is under way
// at a time. With prefetching, the next unit's starts when a unit begins to compute, so that two
// are at full size at most; the first gather of a cell starts when the preceding cell has computed.
// Gradients of a unit are reduced while the next one computes, one unit at a time. An embedding and
// a head that are one matrix on one rank are one unit, gathered by the first that computes in a
// direction. What several blocks of a rank use, each gathers; its gradients are reduced once.

import Execution
import ModelCost
import Units

/// The exchanges of a rank's units.
struct UnitTransfers {
  /// A transfer for each kind of block; nil if nothing is sent.
  typealias ByKind = EnumTable<LayerKind, TransferID?>

  /// Gathers of parameters; nil if parameters are not sharded.
  var gathers: ByKind?
  /// Those for the backward; nil if parameters are kept from the forward.
  var gathersAgain: ByKind?
  /// Whether the next unit is gathered while a unit computes.
  var prefetches: Bool
  /// Reductions of gradients, and those of blocks whose matrix another one reduces.
  var reductions: ByKind
  var reductionsWithoutMatrix: ByKind
  /// Whether only the last backward of a stage reduces them.
  var reducesOnce: Bool

  /// The reduction of a block's gradients; nil if nothing is sent.
  func reduction(of block: CellBlock) -> TransferID? {
    switch block.reduced {
    case .whole: reductions[block.kind]
    case .withoutMatrix: reductionsWithoutMatrix[block.kind]
    case .nothing: nil
    }
  }

  /// The gathers of a direction; nil if it has none.
  func gathers(isForward: Bool) -> ByKind? { isForward ? gathers : gathersAgain }
}

/// The gathers of the units that a cell visits in one direction.
struct GatheredUnits {
  private let kinds: [LayerKind]
  private let isForward: Bool
  private var next = 0
  /// The gather of the unit that begins next.
  private var under: OperationID?

  /// The units of a forward.
  init(forward blocks: [CellBlock]) {
    kinds = blocks.map(\.kind)
    isForward = true
  }

  /// The units of a backward: those of layers whose forwards run again together come in the order
  /// of these forwards, and all but the last of them once more. That one's backward comes at once.
  init(backward blocks: [CellBlock]) {
    kinds = blocks.reversed().flatMap { block in
      block.recomputes.isEmpty ? [block.kind] : block.recomputes.map { blocks[$0].kind }
    }
    isForward = false
  }

  /// Begins the next unit: its computation waits for its gather, and the gather after it starts.
  mutating func begin(_ emitter: inout CellEmitter) {
    guard let units = emitter.units, units.gathers(isForward: isForward) != nil else { return }
    if next == 0 || !units.prefetches { start(next, &emitter) }
    emitter.awaited += under.map { [$0] } ?? []
    next += 1
    under = nil
    if units.prefetches { start(next, &emitter) }
  }

  private mutating func start(_ index: Int, _ emitter: inout CellEmitter) {
    guard index < kinds.count else { return }
    under = emitter.gather(kinds[index], isForward: isForward)
  }
}

extension CellEmitter {
  /// Emits the gather of a unit after the computation emitted last; nil if nothing is sent.
  mutating func gather(_ kind: LayerKind, isForward: Bool) -> OperationID? {
    guard let transfer = units?.gathers(isForward: isForward)?[kind] else { return nil }
    return add(
      .unitGather, .unitGather, isForward: isForward, OperationKind.unitGather.sends(transfer),
      inputs: latestCompute.map { [$0] } ?? [])
  }

  /// Emits the reduction of a unit's gradients after the computation emitted last.
  mutating func reduce(_ block: CellBlock) {
    guard let units, !units.reducesOnce || isLastOfStage,
      let transfer = units.reduction(of: block)
    else { return }
    _ = add(
      .unitReduction, .unitReduction, isForward: false,
      OperationKind.unitReduction.sends(transfer), inputs: [computed()])
  }
}
