// Communication groups of a parallel layout, dimension by dimension.

/// Parallel dimensions over the GPUs of a cluster, innermost first.
///
/// With tensor parallelism 4, context parallelism 2 and data parallelism 16 over 128 GPUs, tensor
/// groups are four neighbours, and a data-parallel group is every eighth GPU.
struct RankGrid: Hashable, Sendable {
  /// The sizes of the dimensions; the dimension of neighbouring GPUs is first.
  var sizes: [Int]

  /// Makes a grid with these sizes.
  ///
  /// - Precondition: sizes are positive.
  init(sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 > 0 }, "sizes are positive")
    self.sizes = sizes
  }

  /// The total number of GPUs.
  var count: Int { sizes.reduce(1, *) }

  /// The groups of one dimension: GPUs that differ only in this coordinate.
  func groups(along dimension: Int) -> [[Int]] {
    let stride = sizes[..<dimension].reduce(1, *)
    return (0..<count).filter { $0 / stride % sizes[dimension] == 0 }.map { first in
      (0..<sizes[dimension]).map { first + $0 * stride }
    }
  }
}
