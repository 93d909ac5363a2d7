// Division of the work on the same sequences over GPUs, as in Megatron-LM.
//
// Tensor parallelism (M. Shoeybi et al., "Megatron-LM", arXiv:1909.08053, section 3) divides
// attention by heads, feed-forward by width, embedding and head by vocabulary (padded to a
// multiple). Everything in between stays whole: norms, residual sums, MLA's down-projections, the
// router. Sequence parallelism (V. Korthikanti et al., "Reducing Activation Recomputation in Large
// Transformer Models", arXiv:2205.05198, section 4.2.2) divides these by tokens. Each GPU routes
// its own tokens. Routed experts have groups of their own that share their widths (Megatron Core's
// `expert_tensor_parallel_size`): every GPU of one computes with the rows of all of them.
//
// Context parallelism (Megatron Core's `context_parallel_size`) divides every sequence into twice
// as many parts as there are GPUs. Each GPU takes one part from the front and its mirror image from
// the back, so that all attend to the same number of keys.

/// How keys and values reach the GPUs that share a sequence: Megatron Core's `cp_comm_type`.
package enum ContextExchange: String, CaseIterable, Hashable, Sendable {
  /// `p2p`: one neighbour's share at a time, overlapped with attention to the received ones.
  case ring
  /// `all_gather`: all of them before attention, and the sum of their gradients after it.
  case gather
  /// `a2a` (DeepSpeed-Ulysses): all tokens of some heads instead of all heads of some tokens.
  case headExchange = "a2a"
}

/// Whether the collectives of a tensor group overlap with the products around them: Megatron-LM's
/// `--tp-comm-overlap`.
package enum TensorOverlap: String, CaseIterable, Hashable, Sendable {
  /// Products wait for whole collectives.
  case absent = "none"
  /// Pieces of both run side by side.
  case pipelined
}

/// How many GPUs share the tensors of a layer and the tokens of a sequence.
package struct LayerSharding: Hashable, Sendable {
  /// GPUs that share heads and widths.
  package var tensor: Int
  /// GPUs that share each sequence.
  package var context: Int
  /// GPUs that share each routed expert's width.
  package var expertTensor: Int
  /// Whether the GPUs of a tensor group divide tokens where they do not divide tensors.
  package var isSequenceParallel: Bool
  /// Whether collectives of a tensor group overlap with the products around them.
  package var overlap: TensorOverlap
  /// How keys and values travel between the GPUs of a context group.
  package var contextExchange: ContextExchange

  package init(
    tensor: Int = 1, context: Int = 1, expertTensor: Int = 1, isSequenceParallel: Bool = false,
    overlap: TensorOverlap = .absent, contextExchange: ContextExchange = .ring
  ) {
    self.tensor = tensor
    self.context = context
    self.expertTensor = expertTensor
    self.isSequenceParallel = isSequenceParallel
    self.overlap = overlap
    self.contextExchange = contextExchange
  }

  /// One GPU holds the whole layer and whole sequences.
  package static let none = LayerSharding()

  /// GPUs that work on the same sequences.
  package var gpus: Int { tensor * context }

  /// GPUs over which tokens between the sharded tensors are divided, apart from context.
  package var tokenShards: Int { isSequenceParallel ? tensor : 1 }
}

extension ModelSpec {
  /// One GPU's share of each layer, as a model of its own.
  ///
  /// - Precondition: `tensorObstacle` is nil, and routed experts divide evenly.
  package func share(_ sharding: LayerSharding) -> ModelSpec {
    var share = tensorShare(sharding.tensor)
    share.experts?.intermediate /= sharding.expertTensor
    return share
  }

  /// One GPU's share of each layer among `tensor` GPUs, as a model of its own: fewer heads,
  /// narrower feed-forward and shared experts, smaller vocabulary. Routed experts are whole.
  ///
  /// - Precondition: `tensorObstacle(tensor)` is nil.
  package func tensorShare(_ tensor: Int) -> ModelSpec {
    guard tensor > 1 else { return self }
    var share = self
    switch attention {
    case .latent(var latent):
      latent.heads /= tensor
      share.attention = .latent(latent)
    case .grouped(var grouped):
      grouped.heads /= tensor
      // Fewer KV heads than GPUs: each GPU holds the one that its query heads need.
      grouped.kvHeads = max(1, grouped.kvHeads / tensor)
      share.attention = .grouped(grouped)
    }
    share.denseIntermediate = denseIntermediate / tensor
    if let experts, experts.shared > 0 {
      share.experts?.shared = 1
      share.experts?.sharedIntermediate = experts.sharedWidth / tensor
    }
    share.vocabulary = (vocabulary + tensor - 1) / tensor
    return share
  }

  /// GPUs of `tensor` that hold the same key and value head: several if there are fewer heads.
  package func keyValueCopies(_ tensor: Int) -> Int {
    guard case .grouped(let grouped) = attention else { return 1 }
    return max(1, tensor / grouped.kvHeads)
  }

  /// Parameters of one key and value head.
  package var keyValueHeadParameters: Int {
    guard case .grouped(let grouped) = attention else { return 0 }
    return 2 * grouped.headSize * (hidden + (grouped.hasBias ? 1 : 0))
  }

  /// Why `tensor` GPUs cannot share a layer; nil if they can.
  package func tensorObstacle(_ tensor: Int) -> String? {
    func divides(_ extent: Int, _ what: String) -> String? {
      extent % tensor == 0 ? nil : "does not divide the \(extent) \(what)"
    }
    if let obstacle = divides(attention.heads, "attention heads") { return obstacle }
    if case .grouped(let grouped) = attention, grouped.kvHeads % tensor != 0,
      tensor % grouped.kvHeads != 0
    {
      return "neither divides the \(grouped.kvHeads) KV heads nor is a multiple of them"
    }
    if denseLayers > 0,
      let obstacle = divides(denseIntermediate, "columns of the dense feed-forward")
    {
      return obstacle
    }
    if let experts, let obstacle = divides(experts.sharedWidth, "columns of shared experts") {
      return obstacle
    }
    return mtpModules > 0 ? divides(hidden, "columns of the MTP projection") : nil
  }
}
