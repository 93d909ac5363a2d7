// The GPUs of a pipeline rank as copies of one program.

/// How many copies of a program run side by side, and which of them exchange.
struct ReplicaSet: Hashable {
  /// Copies: GPUs of a rank, or one that stands for all.
  let count: Int
  /// Neighbouring copies that share the experts of a layer; divides `count`.
  let expertGroup: Int

  /// One copy that stands for all GPUs of a rank.
  static let one = ReplicaSet(count: 1, expertGroup: 1)

  init(count: Int, expertGroup: Int) {
    precondition(count > 0 && count % expertGroup == 0, "expert groups fill the replicas")
    self.count = count
    self.expertGroup = expertGroup
  }

  /// Copies that take part in an operation together.
  func groupSize(of kind: OperationKind) -> Int {
    switch kind {
    case .dispatch, .combine: expertGroup
    case .gradientReduction, .parameterGather: count
    default: 1
    }
  }
}
