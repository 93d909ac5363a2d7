// The numbering of GPUs in two grids over the same GPUs, and the groups that exchange in them.
//
// Attention and everything but routed experts divide the GPUs into tensor x context x data x
// pipeline, routed experts into expert tensor x expert x expert data x pipeline. In both, the first
// dimension varies fastest and the pipeline slowest (Megatron Core's order `tp-cp-ep-dp-pp`,
// megatron/core/parallel_state.py). A group consists of the GPUs that are equal in every other
// dimension.

/// A grid of GPUs, numbered with its first dimension fastest.
package struct RankGrid: Hashable, Sendable {
  /// GPUs along each dimension.
  private let sizes: [Int]

  init(_ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 > 0 }, "every dimension has a GPU")
    self.sizes = sizes
  }

  /// Number of GPUs.
  package var gpuCount: Int { sizes.reduce(1, *) }

  /// The place of a GPU along every dimension.
  package func places(of gpu: Int) -> [Int] {
    var rest = gpu
    return sizes.map { size in
      defer { rest /= size }
      return rest % size
    }
  }

  /// The GPUs that differ from one only in some dimensions, ascending.
  package func members(of gpu: Int, along dimensions: [Int]) -> [Int] {
    let own = places(of: gpu)
    var members = [0]
    var stride = 1
    for (dimension, size) in sizes.enumerated() {
      let places = dimensions.contains(dimension) ? Array(0..<size) : [own[dimension]]
      members = places.flatMap { place in members.map { $0 + place * stride } }
      stride *= size
    }
    return members
  }

  /// All groups along some dimensions, in the order of their first GPUs.
  package func groups(along dimensions: [Int]) -> [[Int]] {
    (0..<gpuCount).compactMap { gpu in
      let members = members(of: gpu, along: dimensions)
      return members.first == gpu ? members : nil
    }
  }
}

/// The groups of GPUs of a layout that exchange with each other.
package enum ParallelGroup: String, CaseIterable, Sendable {
  /// Dimensions of attention's grid.
  case tensor, context, data
  /// GPUs with the same part of everything but routed experts.
  case dataContext = "data_context"
  case pipeline
  /// Dimensions of the experts' grid.
  case expert
  case expertTensor = "expert_tensor"
  /// GPUs with the same part of the same routed experts.
  case expertData = "expert_data"
  /// GPUs that hold the routed experts of a layer together.
  case expertTensorExpert = "expert_tensor_expert"

  /// Its dimensions, and whether they are the experts' grid's.
  fileprivate var dimensions: (isOfExperts: Bool, places: [Int]) {
    switch self {
    case .tensor: (false, [0])
    case .context: (false, [1])
    case .data: (false, [2])
    case .dataContext: (false, [1, 2])
    case .pipeline: (false, [3])
    case .expertTensor: (true, [0])
    case .expert: (true, [1])
    case .expertData: (true, [2])
    case .expertTensorExpert: (true, [0, 1])
    }
  }
}

extension ParallelLayout {
  /// Tensor, context, data, pipeline.
  package var attentionGrid: RankGrid { RankGrid([tensor, context, data, pipeline]) }

  /// Expert tensor, expert, expert data, pipeline.
  ///
  /// - Precondition: `expertGPUs` divides `gpusPerRank`.
  package var expertGrid: RankGrid {
    RankGrid([sharding.expertTensor, expert, expertReplicas, pipeline])
  }

  /// All groups of a kind, in the order of their first GPUs.
  package func groups(_ kind: ParallelGroup) -> [[Int]] {
    let (isOfExperts, places) = kind.dimensions
    return (isOfExperts ? expertGrid : attentionGrid).groups(along: places)
  }

  /// The group of the first GPU: all groups of a kind are shifted copies of it.
  package func firstGroup(_ kind: ParallelGroup) -> [Int] {
    let (isOfExperts, places) = kind.dimensions
    return (isOfExperts ? expertGrid : attentionGrid).members(of: 0, along: places)
  }
}
