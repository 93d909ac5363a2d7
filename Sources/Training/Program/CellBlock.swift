// What cells consist of, and what they send.

import Cluster
import Execution
import ModelCost
import Schedules
import Units

/// The transfers of the cells of a rank.
struct RankTransfers {
  /// Dispatch and combine; nil if experts are not spread.
  var exchanges: EnumTable<ExpertExchange.Direction, TransferID>?
  /// The transfers of `GroupExchanges`, in their order.
  var groups: [TransferID] = []
  /// Those of sharded units; nil if states are exchanged after the cells.
  var units: UnitTransfers?
}

/// What a block reduces of the gradients of its unit: a matrix that several blocks of a rank use is
/// reduced by one of them.
enum ReducedUnit: Hashable {
  case whole
  /// All but the embedding or head that it uses.
  case withoutMatrix
  /// The head of an MTP module, whose norm is the module's.
  case nothing
}

/// A block of a cell, with the expert loads of the cell's microbatch.
struct CellBlock {
  var kind: LayerKind
  /// Layer x microbatches + microbatch, for a block with unevenly loaded experts; nil for others.
  var load: Int?
  /// Whether its activations are recomputed with those of its group.
  var isRecomputed = false
  /// The blocks whose forward runs again before this one's backward.
  var recomputes = 0..<0
  /// What is reduced of its gradients, if its rank reduces units.
  var reduced = ReducedUnit.whole

  /// The same block in a microbatch, if this is the block of the first one.
  func loaded(_ microbatch: Int) -> CellBlock {
    var block = self
    block.load = load.map { $0 + microbatch }
    return block
  }

  /// The blocks of a stage.
  ///
  /// - Parameters:
  ///   - reduced: what is reduced of each block; nil for whole units.
  ///   - load: the load of the next block of a kind.
  static func blocks(
    of stage: StageContent, reduced: [ReducedUnit]? = nil,
    load: (LayerKind) -> Int? = { _ in nil }
  ) -> [CellBlock] {
    stage.blocks.enumerated().map { index, block in
      CellBlock(
        kind: block.kind, load: load(block.kind), isRecomputed: block.group != nil,
        recomputes: StageContent.recomputed(stage.blocks, before: index),
        reduced: reduced?[index] ?? .whole)
    }
  }
}
