// Division of layers and sequences between GPUs: the sizes that tensor and context groups must
// divide.

import Cluster
import ModelCost
import Text

extension TrainingResolver {
  /// The sizes of tensor and context groups; nil if they cannot be determined.
  func sharding(_ parallel: Fields) -> LayerSharding? {
    guard let tensor = parallel.value(ParallelKeys.tensor),
      let context = parallel.value(ParallelKeys.context),
      let exchange = parallel.value(ParallelKeys.contextExchange),
      let expertTensor = parallel.value(ParallelKeys.expertTensor),
      let overlap = parallel.value(ParallelKeys.overlap),
      !parallel.isRefused(ParallelKeys.sequence)
    else { return nil }
    let isSequenceParallel = parallel.given(ParallelKeys.sequence)
    let sharding = LayerSharding(
      tensor: tensor, context: context, expertTensor: expertTensor,
      isSequenceParallel: isSequenceParallel ?? (tensor > 1), overlap: overlap,
      contextExchange: exchange)
    // The consequences of an invalid group are not reported.
    guard isPossible(tensor: tensor) else { return nil }
    if parallel.isWritten(ParallelKeys.contextExchange) && context == 1 {
      problems.add(
        "training.parallel.context_exchange", "\"\(exchange.rawValue)\" needs a context group",
        allowed: "expected: training.parallel.context above 1, or no context_exchange")
    }
    guard isPossible(expertTensor: expertTensor) else { return nil }
    if exchange == .headExchange { checkHeads(sharding) }
    if let model, model.attention.indexer != nil, context > 1 {
      problems.add(
        "training.parallel.context",
        "\"\(context)\" is not supported with the sparse attention of \(model.name): no exchange"
          + " of its keys is modelled", allowed: "expected: 1")
    }
    if overlap == .pipelined, !sharding.isSequenceParallel {
      problems.add(
        "training.parallel.overlap", "\"pipelined\" needs tokens that a tensor group divides",
        allowed: "expected: training.parallel.tensor above 1 with sequence, or none")
    }
    check(sequence: isSequenceParallel, tensor, expert: parallel.given(ParallelKeys.expert))
    checkTokens(sharding)
    return sharding
  }

  /// Whether a group of this size fits a scale-up domain and divides the model.
  private func isPossible(tensor: Int) -> Bool {
    let path = "training.parallel.tensor"
    guard tensor > 1 else { return true }
    if let model, let obstacle = model.tensorObstacle(tensor) {
      let perDomain = cluster?.gpusPerDomain
      let legal = (1...(perDomain ?? tensor)).filter {
        (perDomain ?? $0) % $0 == 0 && model.tensorObstacle($0) == nil
      }
      problems.add(
        path, "\"\(tensor)\" \(obstacle) of \(model.name)",
        allowed: "nearest: \(nearestText(to: tensor, among: legal))")
      return false
    }
    if let cluster, cluster.gpusPerDomain % tensor != 0 {
      let perDomain = cluster.gpusPerDomain
      let legal = (1...perDomain).filter { perDomain % $0 == 0 }
      problems.add(
        path,
        "\"\(tensor)\" does not divide the \(perDomain) GPUs of a \(cluster.domainWord), which"
          + " NVLink joins",
        allowed: "nearest: \(nearestText(to: tensor, among: legal))")
      return false
    }
    return true
  }

  /// Whether a group of this size fits a scale-up domain and divides the experts' width.
  private func isPossible(expertTensor: Int) -> Bool {
    let path = "training.parallel.expert_tensor"
    guard expertTensor > 1, let model else { return true }
    guard let width = model.experts?.intermediate else {
      problems.add(
        path, "\"\(expertTensor)\" needs a model with experts; \(model.name) has none")
      return false
    }
    let perDomain = cluster?.gpusPerDomain
    let legal = (1...(perDomain ?? width)).filter {
      width % $0 == 0 && (perDomain ?? $0) % $0 == 0
    }
    guard !legal.contains(expertTensor) else { return true }
    let obstacle =
      width % expertTensor == 0
      ? "the \(perDomain ?? 0) GPUs of a \(cluster?.domainWord ?? "node"), which NVLink joins"
      : "the \(width) columns of a routed expert of \(model.name)"
    problems.add(
      path, "\"\(expertTensor)\" does not divide \(obstacle)",
      allowed: "nearest: \(nearestText(to: expertTensor, among: legal))")
    return false
  }

  /// Checks that the GPUs of a context group can divide the heads of one of a tensor group.
  private func checkHeads(_ sharding: LayerSharding) {
    guard let model, sharding.context > 1 else { return }
    let heads = model.attention.heads / sharding.tensor
    guard heads % sharding.context != 0 else { return }
    let legal = (1...heads).filter { heads % $0 == 0 }
    let what = sharding.tensor > 1 ? "heads of a GPU of the tensor group" : "attention heads"
    problems.add(
      "training.parallel.context",
      "\"\(sharding.context)\" does not divide the \(heads) \(what), which a2a exchanges for"
        + " tokens",
      allowed: "nearest: \(nearestText(to: sharding.context, among: legal)); or another"
        + " context_exchange")
  }

  /// Checks sequence parallelism: it needs a tensor group, and experts in a tensor group need it.
  private func check(sequence: Bool?, _ tensor: Int, expert: Int?) {
    let path = "training.parallel.sequence"
    if sequence == true && tensor == 1 {
      problems.add(
        path, "\"true\" needs a tensor group to divide tokens in",
        allowed: "expected: training.parallel.tensor above 1, or no sequence")
    }
    // Without sequence parallelism, each GPU of the group would route all tokens.
    if sequence == false && tensor > 1, let model, model.experts != nil {
      problems.add(
        path,
        "\"false\" is not supported with experts: each GPU of a tensor group routes its own tokens",
        allowed: "expected: true, or training.parallel.tensor: 1")
    }
  }

  /// Checks that a sequence divides into equal parts for all GPUs.
  private func checkTokens(_ sharding: LayerSharding) {
    guard let length = fields.given(TrainingKeys.sequenceLength) else { return }
    // Each GPU has a part from the front and its mirror image from the back, unless attention sees
    // whole sequences.
    let isMirrored = sharding.contextExchange != .headExchange
    let parts = sharding.context > 1 ? (isMirrored ? 2 : 1) * sharding.context : 1
    func nearest(_ divisor: Int) -> String {
      let below = length / divisor * divisor
      return "nearest: \(below == 0 ? "" : "\(below) or ")\(below + divisor) tokens"
    }
    if length % parts != 0 {
      return problems.add(
        "training.sequence_length",
        "\"\(length)\" tokens do not divide into the \(parts) parts of context \(sharding.context)",
        allowed: nearest(parts))
    }
    if length / sharding.context % sharding.tokenShards != 0 {
      problems.add(
        "training.sequence_length",
        "\"\(length)\" tokens do not divide over \(sharding.gpus) GPUs of tensor and context",
        allowed: nearest(parts * sharding.tokenShards))
    }
  }

  /// The nearest legal values below and above a number.
  func nearestText(to value: Int, among legal: [Int]) -> String {
    let below = legal.last { $0 < value }
    let above = legal.first { $0 > value }
    return [below, above].compactMap { $0.map(String.init) }.joined(separator: " or ")
  }
}
