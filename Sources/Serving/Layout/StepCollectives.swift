// The collectives of an inference step: which group meets, and how large the tensor is.
//
// Partial sums of attention, dense layers and experts are reduced over a tensor group. Experts of
// several attention groups either exchange tokens (Cluster's ExpertExchange) or gather the tokens
// of all groups and scatter the sums of their results. The embedding is divided by vocabulary and
// sums, the logits are gathered. All tensors are in BF16.
//
// Rings, as in Cluster: a group that spans scale-up domains works inside each domain first, so that
// the bytes of both levels together are those of one ring. Not modelled: the one-shot and
// multicast kernels of engines, which save latency, and the sum of the shared experts' parts when
// a tensor group exchanges tokens, which engines fold into other collectives.

import Cluster
import ModelCost

/// A collective of one step.
package struct StepCollective: Hashable, Sendable {
  /// What it is for.
  package enum Purpose: String, CaseIterable, Hashable, Sendable {
    case attentionSum = "attention_all_reduce"
    case denseSum = "dense_all_reduce"
    case expertSum = "experts_all_reduce"
    /// Tokens of all attention groups to the experts, and the sums of their results back.
    case tokenGather = "experts_token_gather"
    case resultScatter = "experts_result_scatter"
    /// Results of the tokens that each GPU of a tensor group exchanged.
    case resultGather = "experts_all_gather"
    case embeddingSum = "embedding_all_reduce"
    case logitsGather = "logits_gather"
    /// The parts of a hidden state that the GPUs of a tensor group received from another stage.
    case stageGather = "stage_gather"
    /// The columns of a draft's projection.
    case draftGather = "draft_gather"
  }

  /// Who meets.
  package enum Group: Hashable, Sendable {
    /// The GPUs of an attention group.
    case tensor
    /// The GPUs of a stage with the same place in their attention groups.
    case data
  }

  package var purpose: Purpose
  package var operation: CollectiveOperation
  package var group: Group
  /// Bytes of the whole tensor.
  package var bytes: Double

  /// GPUs of the group.
  package func ranks(in layout: InferenceLayout) -> Int {
    group == .tensor ? layout.tensor : layout.data
  }

  /// Bytes that one GPU sends.
  package func sent(in layout: InferenceLayout) -> Double {
    operation.ring(ranks: ranks(in: layout), bytes: bytes).bytes
  }
}

/// Makes the collectives of a layout; nil where no group meets.
package struct StepCollectives: Sendable {
  let layout: InferenceLayout
  let model: ModelSpec

  /// The collectives of a layout.
  package init(_ layout: InferenceLayout, _ model: ModelSpec) {
    self.layout = layout
    self.model = model
  }

  /// Bytes of the hidden states of tokens.
  private func hidden(_ tokens: Int) -> Double {
    Double(tokens * model.hidden * Precision.bf16.bytes)
  }

  /// A collective of the tensor group on hidden states.
  ///
  /// - Parameters:
  ///   - purpose: what it is for.
  ///   - operation: what the GPUs do with the tensor, such as all-reduce.
  ///   - tokens: tokens of one attention group.
  package func tensor(
    _ purpose: StepCollective.Purpose, _ operation: CollectiveOperation, tokens: Int
  ) -> StepCollective? {
    guard layout.tensor > 1 else { return nil }
    return StepCollective(
      purpose: purpose, operation: operation, group: .tensor, bytes: hidden(tokens))
  }

  /// A collective of all attention groups on the hidden states of all their tokens.
  ///
  /// - Parameters:
  ///   - purpose: what it is for.
  ///   - operation: what the GPUs do with the tensor, such as all-gather.
  ///   - tokens: tokens of one attention group.
  ///   - share: mean tokens of a group / these.
  package func data(
    _ purpose: StepCollective.Purpose, _ operation: CollectiveOperation, tokens: Int,
    share: Double = 1
  ) -> StepCollective? {
    guard layout.expertPath == .gather else { return nil }
    return StepCollective(
      purpose: purpose, operation: operation, group: .data,
      bytes: hidden(tokens) * share * Double(layout.data))
  }

  /// The gather of logits.
  ///
  /// - Parameter rows: sampled rows of one attention group.
  package func logits(rows: Int) -> StepCollective? {
    guard layout.tensor > 1 else { return nil }
    return StepCollective(
      purpose: .logitsGather, operation: .allGather, group: .tensor,
      bytes: Double(rows * model.vocabulary * Precision.bf16.bytes))
  }

  /// Hidden states and residual of a group's tokens, which each GPU of a tensor group receives a
  /// part of and gathers.
  package func stage(tokens: Int) -> StepCollective? {
    guard layout.tensor > 1 else { return nil }
    return StepCollective(
      purpose: .stageGather, operation: .allGather, group: .tensor, bytes: 2 * hidden(tokens))
  }

  /// Bytes that each GPU sends to the next stage: its part of hidden states and residual.
  package func stageBytes(tokens: Int) -> Double { 2 * hidden(tokens) / Double(layout.tensor) }
}
