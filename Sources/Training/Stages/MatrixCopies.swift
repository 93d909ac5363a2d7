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
    return matrices.flatMap { holders -> [MatrixCopies] in
      let ranks = (0..<count).filter(holders.contains)
      let groups =
        plan.weightCopies == 1
        ? [ranks] : [ranks.filter { $0 < count / 2 }, ranks.filter { $0 >= count / 2 }]
      return groups.filter { $0.count > 1 }.map { MatrixCopies(ranks: $0, bytes: bytes) }
    }
  }

  /// Whether a rank's embedding and head are one matrix, and one unit of sharded states.
  func tiesUnits(rank: Int) -> Bool {
    model.tiesEmbedding && ranks(with: [.embedding]).contains(rank)
      && ranks(with: [.head]).contains(rank)
  }

  /// The ranks that hold a block of some kinds.
  private func ranks(with kinds: [LayerKind]) -> Set<Int> {
    var found: Set<Int> = []
    for (rank, cells) in plan.cells.enumerated() {
      for work in cells.compactMap(\.forwardWork)
      where stages[work.stage].blocks.contains(where: { kinds.contains($0.kind) }) {
        found.insert(rank)
      }
    }
    return found
  }
}
