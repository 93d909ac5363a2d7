// Matrices that several ranks of a pipeline hold, so that their gradients are summed once a step:
// the embedding, which every MTP module reads, and the head, which is the embedding of a model that
// ties them.

import ModelCost
import Schedules

/// One matrix, and the ranks that hold it.
struct MatrixCopies: Hashable {
  /// Ascending; at least two.
  var ranks: [Int]
  /// Bytes of its gradients on one GPU.
  var bytes: Double
}

extension TrainingStep {
  /// The matrices that several ranks hold. If each rank's weights are on its mirror image too, the
  /// sum over replicas includes that, and ranks of each half sum with each other.
  var copies: [MatrixCopies] {
    let embedding = ranks(with: [.embedding, .mtp])
    let head = ranks(with: [.head])
    let matrices = model.tiesEmbedding ? [embedding.union(head)] : [embedding, head]
    let vocabulary = model.tensorShare(spec.layout.tensor).vocabulary
    let bytes = Double(vocabulary * model.hidden * spec.precision.gradients.bytes)
    let count = plan.sizes.ranks
    // Gradients that are reduced in every microbatch are there as shards.
    let gradientShards =
      spec.sharding.reducesEveryMicrobatch
      ? Double(ReplicaCounts(spec: spec, plan: plan).replicated / spec.sharding.replicas) : 1
    return matrices.flatMap { holders -> [MatrixCopies] in
      let ranks = (0..<count).filter(holders.contains)
      let groups =
        plan.weightCopies == 1
        ? [ranks] : [ranks.filter { $0 < count / 2 }, ranks.filter { $0 >= count / 2 }]
      return groups.filter { $0.count > 1 }.map {
        MatrixCopies(ranks: $0, bytes: bytes / gradientShards)
      }
    }
  }

  /// If a rank's embedding and head are one matrix, and so one unit of sharded states, the one of
  /// them that computes later in a direction and finds it gathered; else nil.
  func unitWithoutMatrix(rank: Int, isForward: Bool) -> LayerKind? {
    guard model.tiesEmbedding, ranks(with: [.embedding]).contains(rank),
      ranks(with: [.head]).contains(rank)
    else { return nil }
    return isForward ? .head : .embedding
  }

  /// What each block of each stage reduces: of several blocks of a rank that use the embedding or
  /// the head, the first one of a forward reduces it, whose backward is the last.
  var reducedUnits: [[ReducedUnit]] {
    var units = stages.map { $0.blocks.map { _ in ReducedUnit.whole } }
    let uses: [[LayerKind]] =
      model.tiesEmbedding ? [[.embedding, .mtp, .head]] : [[.embedding, .mtp], [.head]]
    for held in heldStages {
      for kinds in uses {
        var seen: [LayerKind] = []
        for stage in held {
          for (index, block) in stages[stage].blocks.enumerated() where kinds.contains(block.kind) {
            let isAgain = block.kind == .head && seen.contains(.head)
            units[stage][index] = seen.isEmpty ? .whole : isAgain ? .nothing : .withoutMatrix
            seen.append(block.kind)
          }
        }
      }
    }
    return units
  }

  /// The stages of each rank, ascending.
  var heldStages: [[Int]] {
    plan.cells.map { cells in Set(cells.compactMap { $0.forwardWork?.stage }).sorted() }
  }

  /// The ranks that hold a block of some kinds.
  private func ranks(with kinds: [LayerKind]) -> Set<Int> {
    let found = heldStages.enumerated().filter { _, held in
      held.contains { stages[$0].blocks.contains { kinds.contains($0.kind) } }
    }
    return Set(found.map(\.offset))
  }
}
