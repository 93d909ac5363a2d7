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
      !parallel.isRefused(ParallelKeys.sequence)
    else { return nil }
    let isSequenceParallel = parallel.given(ParallelKeys.sequence)
    let sharding = LayerSharding(
      tensor: tensor, context: context, isSequenceParallel: isSequenceParallel ?? (tensor > 1),
      contextExchange: exchange)
    // The consequences of an invalid group are not reported.
    guard isPossible(tensor: tensor) else { return nil }
    if parallel.isWritten(ParallelKeys.contextExchange) && context == 1 {
      problems.add(
        "training.parallel.context_exchange", "\"\(exchange.rawValue)\" needs a context group",
        allowed: "expected: training.parallel.context above 1, or no context_exchange")
    }
    check(sequence: isSequenceParallel, tensor, expert: parallel.given(ParallelKeys.expert))
    checkTokens(sharding)
    return sharding
  }

  /// Whether a group of this size fits a scale-up domain and divides the model.
  private func isPossible(tensor: Int) -> Bool {
    let path = "training.parallel.tensor"
    guard tensor > 1 else { return true }
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
    guard let model, let obstacle = model.tensorObstacle(tensor) else { return true }
    let perDomain = cluster?.gpusPerDomain
    let legal = (1...(perDomain ?? tensor)).filter {
      (perDomain ?? $0) % $0 == 0 && model.tensorObstacle($0) == nil
    }
    problems.add(
      path, "\"\(tensor)\" \(obstacle) of \(model.name)",
      allowed: "nearest: \(nearestText(to: tensor, among: legal))")
    return false
  }

  /// Checks sequence parallelism: it needs a tensor group, and experts in a tensor group need it.
  private func check(sequence: Bool?, _ tensor: Int, expert: Int?) {
    let path = "training.parallel.sequence"
    if sequence == true && tensor == 1 {
      problems.add(
        path, "\"true\" needs a tensor group to divide tokens in",
        allowed: "expected: training.parallel.tensor above 1, or no sequence")
    }
    // Experts are not sharded: without sequence parallelism, each GPU of the group would route all
    // tokens.
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
    // Each GPU has a part from the front and its mirror image from the back.
    let parts = sharding.context > 1 ? 2 * sharding.context : 1
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
