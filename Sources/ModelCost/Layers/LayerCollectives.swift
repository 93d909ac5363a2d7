// Collectives between the GPUs of a tensor group around the parts of a layer, as in Megatron-LM.
//
// With sequence parallelism, a column-parallel product gathers its input from the owners of all
// tokens, and a row-parallel one scatters the sum of its outputs to them. The backward mirrors
// this. Since a GPU keeps only its own tokens, the backward also gathers the input again for the
// weight gradient (arXiv:2205.05198, section 4.2.2; megatron/core/tensor_parallel/layers.py).
// Without sequence parallelism, both ends are all-reduces of whole tensors (arXiv:1909.08053,
// section 3).
//
// GPUs that share the widths of routed experts gather the rows that any of them received, with one
// probability each, and scatter the sums (megatron/core/transformer/moe/token_dispatcher.py).
// Validity: under uneven loads these rows are taken as even.
//
// MLA gathers its latents instead of the hidden states, since its down-projections are whole on
// each GPU (megatron/core/transformer/multi_latent_attention.py). The embedding sums the results of
// the vocabulary shards. The loss reduces three values in FP32: largest logit, target's logit and
// sum of exponentials (megatron/core/tensor_parallel/cross_entropy.py). All other traffic is BF16.

import Cluster
import Units

/// A collective of the GPUs that share tensors.
package struct LayerCollective: Hashable, Sendable {
  /// The GPUs that take part.
  package enum Group: Hashable, Sendable {
    case tensor
    /// Those that share each routed expert's width.
    case expertTensor
  }

  package var operation: CollectiveOperation
  /// Bytes of the whole tensor, which is held by the group together or by each GPU.
  package var bytes: Double
  package var group: Group

  package init(operation: CollectiveOperation, bytes: Double, group: Group = .tensor) {
    self.operation = operation
    self.bytes = bytes
    self.group = group
  }
}

/// The collectives before and after each part of a layer.
package struct LayerCollectives: Sendable {
  private var before = [[LayerCollective]](repeating: [], count: 12)
  private var after = [[LayerCollective]](repeating: [], count: 12)

  /// The collectives before a part of a pass; for the weight gradients, those in addition to the
  /// collectives of the input gradient.
  package internal(set) subscript(
    before part: LayerKernels.Part, pass: LayerKernels.Pass
  ) -> [LayerCollective] {
    get { before[Self.index(part, pass)] }
    set { before[Self.index(part, pass)] = newValue }
  }

  /// The collectives after a part of a pass.
  package internal(set) subscript(
    after part: LayerKernels.Part, pass: LayerKernels.Pass
  ) -> [LayerCollective] {
    get { after[Self.index(part, pass)] }
    set { after[Self.index(part, pass)] = newValue }
  }

  private static func index(_ part: LayerKernels.Part, _ pass: LayerKernels.Pass) -> Int {
    pass.caseIndex * LayerKernels.Part.allCases.count + part.caseIndex
  }
}

extension LayerKernelBuilder {
  /// The collectives around the parts of a kind of layer; none if one GPU holds whole tensors.
  package func collectives(of kind: LayerKind) -> LayerCollectives {
    var result = LayerCollectives()
    if kind.hasExperts, work.sharding.expertTensor > 1 { addExperts(to: &result) }
    guard work.sharding.tensor > 1 else { return result }
    switch kind {
    case .embedding: addEmbedding(to: &result)
    case .dense, .denseWindowed:
      addAttention(to: &result)
      addBlock(.feedForward, gathered: hidden, to: &result)
    case .moe, .moeWindowed:
      addAttention(to: &result)
      if let experts = model.experts, experts.shared > 0 {
        addBlock(.feedForward, gathered: hidden, to: &result)
      }
    case .head: addHead(to: &result)
    case .mtp: addMTP(to: &result)
    }
    return result
  }

  /// Bytes of keys and values of the GPU's tokens and heads, which are sent along the ring of a
  /// context group. With MLA these are full keys and values, after the up-projections, as in
  /// Megatron Core.
  package var keyValueBytes: Double {
    let width =
      switch model.attention {
      case .latent(let mla): mla.heads * (mla.queryHead + mla.valueHead)
      case .grouped(let gqa): 2 * gqa.kvHeads * gqa.headSize
      }
    return Double(tokens * width * Precision.bf16.bytes)
  }

  /// Bytes of a GPU's tokens in the exchanges of heads for tokens of a context group: q, k and v
  /// before attention, its output after it.
  package var headExchangeBytes: (inputs: Double, output: Double) {
    let heads = AttentionHeads(model.attention)
    let keys = keyValueBytes
    func bytes(_ width: Int) -> Double { Double(tokens * width * Precision.bf16.bytes) }
    return (bytes(heads.count * heads.query) + keys, bytes(heads.count * heads.value))
  }

  private var isSequenceParallel: Bool { work.sharding.isSequenceParallel }

  private func collective(_ operation: CollectiveOperation, _ width: Int) -> LayerCollective {
    LayerCollective(
      operation: operation, bytes: Double(tokens * width * Precision.bf16.bytes))
  }

  private func gather(_ width: Int) -> [LayerCollective] {
    isSequenceParallel ? [collective(.allGather, width)] : []
  }

  /// The sum of the partial values of each token over the GPUs of the group.
  private func sum(_ width: Int) -> [LayerCollective] {
    [collective(isSequenceParallel ? .reduceScatter : .allReduce, width)]
  }

  /// One or more column-parallel products, followed by a row-parallel one.
  ///
  /// - Parameters:
  ///   - gathered: elements per token that the first products read.
  ///   - again: elements per token that their weight gradients read.
  private func addBlock(
    _ part: LayerKernels.Part, gathered: Int, again: Int? = nil,
    to result: inout LayerCollectives
  ) {
    result[before: part, .forward] = gather(gathered)
    result[after: part, .forward] = sum(hidden)
    result[before: part, .backwardInput] = gather(hidden)
    result[after: part, .backwardInput] = sum(gathered)
    result[before: part, .backwardWeight] = gather(again ?? gathered)
  }

  private func addAttention(to result: inout LayerCollectives) {
    switch model.attention {
    case .latent(let mla):
      // Without query compression, the hidden states are gathered for the queries.
      let latents = (mla.queryRank ?? hidden) + mla.kvRank
      addBlock(.attention, gathered: latents + mla.ropeHead, again: latents, to: &result)
    case .grouped: addBlock(.attention, gathered: hidden, to: &result)
    }
    if activations.recompute.contains(.attentionUpProjection) {
      result[before: .attention, .backwardInput] += result[before: .attention, .forward]
    }
  }

  /// The rows of routed experts around their products, in the formats of dispatch and combine.
  private func addExperts(to result: inout LayerCollectives) {
    let messages = ExpertMessages(
      hidden: hidden, topK: 0, dispatch: precision.dispatch, combine: precision.combine)
    let rows = Double(work.expertRows)
    let gathered = Double(messages.dispatchPayload + Precision.fp32.bytes)
    for pass in [LayerKernels.Pass.forward, .backwardInput] {
      result[before: .experts, pass] = [
        LayerCollective(
          operation: .allGather, bytes: rows * gathered, group: .expertTensor)
      ]
      result[after: .experts, pass] = [
        LayerCollective(
          operation: .reduceScatter, bytes: rows * Double(messages.combinePayload),
          group: .expertTensor)
      ]
    }
  }

  private func addEmbedding(to result: inout LayerCollectives) {
    result[after: .feedForward, .forward] = sum(hidden)
    result[before: .feedForward, .backwardWeight] = gather(hidden)
  }

  private func addHead(to result: inout LayerCollectives) {
    result[before: .feedForward, .forward] = gather(hidden)
    result[after: .feedForward, .forward] = [
      LayerCollective(
        operation: .allReduce, bytes: Double(tokens * 3 * Precision.fp32.bytes))
    ]
    result[after: .feedForward, .backwardInput] = sum(hidden)
    result[before: .feedForward, .backwardWeight] = gather(hidden)
  }

  /// Embedding and projection; the projection's columns are gathered at once, since norms follow.
  private func addMTP(to result: inout LayerCollectives) {
    result[before: .feedForward, .forward] = sum(hidden) + gather(2 * hidden)
    result[after: .feedForward, .forward] = [collective(.allGather, hidden)]
    result[before: .feedForward, .backwardInput] = gather(hidden)
    result[after: .feedForward, .backwardInput] = sum(2 * hidden)
    result[before: .feedForward, .backwardWeight] = gather(2 * hidden) + gather(hidden)
  }
}
