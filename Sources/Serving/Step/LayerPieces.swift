// The pieces of a layer between two exchanges, for one microbatch.

import Execution
import ModelCost

/// Durations of the pieces of one kind of layer. In a tensor group attention and dense feed-forward
/// end where their partial results are summed; alone they include all that follows.
struct LayerPieces {
  /// Attention; with the router if one GPU has the whole layer.
  var attention: ComputeTime
  /// From the sum to the experts, or to the feed-forward; zero if one GPU has the whole layer.
  var afterSum: ComputeTime
  /// The dense feed-forward.
  var feedForward: ComputeTime
  /// Shared experts; nil if there are none.
  var shared: ComputeTime?
  /// Routed experts under the mean load.
  var experts: ComputeTime
  /// The sum of results and residual stream, which the next layer begins with.
  var residual: ComputeTime?

  init(_ costs: InferenceCosts, _ kind: LayerKind, _ rows: StepRows) {
    let kernels = costs.kernels(of: kind, rows)
    func time(_ list: some Sequence<Kernel>) -> ComputeTime {
      costs.time(Array(list), beside: rows.tokens)
    }
    let isDivided = costs.layout.tensor > 1
    let all = kernels[.attention, .forward]
    // The first sum of tensors follows the last product of attention, or of the feed-forward.
    let end = isDivided ? all.endOfPartialResults : all.count
    attention = time(all[..<end])
    afterSum = time(all[end...])
    experts = time(kernels[.experts, .forward])
    let rest = kernels[.feedForward, .forward]
    if kind.hasExperts {
      feedForward = .zero
      shared = rest.isEmpty ? nil : time(rest)
      residual = time(kernels[.residual, .forward])
    } else {
      let end = isDivided ? rest.endOfPartialResults : rest.count
      feedForward = time(rest[..<end])
      shared = nil
      residual = isDivided ? time(rest[end...]) : nil
    }
  }
}

extension [Kernel] {
  /// The place of the first sum of tensors.
  fileprivate var endOfPartialResults: Int {
    firstIndex { $0.kernelClass == .elementwise } ?? count
  }
}

extension InferenceCosts {
  /// Whether the model, or a draft, has layers of a kind.
  func hasLayers(of kind: LayerKind) -> Bool {
    model.layerKinds.contains(kind)
  }

  /// The head of a microbatch: up to the logits and, if they are gathered, what follows.
  ///
  /// - Parameters:
  ///   - count: tokens whose logits are computed.
  ///   - isDivided: whether each GPU has a part of the vocabulary.
  func head(
    _ count: Int, of rows: StepRows, isDivided: Bool
  ) -> (product: ComputeTime, sampling: ComputeTime) {
    let list = headKernels(count)
    let end = isDivided ? list.firstIndex { $0.kernelClass == .loss } ?? list.count : list.count
    return (
      time(Array(list[..<end]), beside: rows.tokens),
      time(Array(list[end...]), beside: rows.tokens)
    )
  }
}
