// The GPUs of a pipeline rank as copies of one program.

/// How many copies of a program run side by side, and which of them exchange.
struct ReplicaSet: Hashable {
  /// Copies: GPUs of a rank, or one that stands for all.
  let count: Int
  /// Neighbouring copies that share the experts of a layer; divides `count`.
  let expertGroup: Int
  /// Neighbouring copies that share tensors, and those that share sequences too; divide `count`.
  let tensorGroup: Int
  let sequenceGroup: Int

  /// One copy that stands for all GPUs of a rank.
  static let one = ReplicaSet(count: 1, expertGroup: 1)

  init(count: Int, expertGroup: Int, tensorGroup: Int = 1, sequenceGroup: Int = 1) {
    precondition(
      count > 0
        && [expertGroup, tensorGroup, sequenceGroup].allSatisfy { count.isMultiple(of: $0) },
      "groups fill the replicas")
    self.count = count
    self.expertGroup = expertGroup
    self.tensorGroup = tensorGroup
    self.sequenceGroup = sequenceGroup
  }

  /// Copies that take part in an operation together.
  func groupSize(of kind: OperationKind) -> Int {
    switch kind {
    case .dispatch, .combine: expertGroup
    case .gradientReduction, .parameterGather: count
    case .tensorGather, .tensorScatter, .tensorSum: tensorGroup
    // A step of the ring starts when all are there, tensor groups of one place as a whole.
    case .contextExchange, .contextGather, .contextScatter: sequenceGroup
    default: 1
    }
  }
}
