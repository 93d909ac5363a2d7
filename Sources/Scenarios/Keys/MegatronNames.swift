// Megatron-LM's and NeMo's names of training keys, as other spellings of the native ones.
//
// Source: megatron/core/model_parallel_config.py, megatron/core/transformer/transformer_config.py
// and megatron/training/arguments.py. Only names are taken over: `expert_tensor_parallel_size` is 1
// if it is absent, where Megatron-LM takes the tensor group.

import ModelCost
import Training

/// Megatron-LM's names, which are accepted under `training` and `training.parallel`.
enum MegatronNames {
  private static let exchanges = [("p2p", "ring"), ("all_gather", "gather"), ("a2a", "a2a")]
  private static let recomputed: [(String, ActivationPolicy.Recompute?)] = [
    ("core_attn", nil), ("layernorm", .rmsnorm), ("mla_up_proj", .attentionUpProjection),
    ("moe_act", .routedSwiglu), ("mlp", .mlp), ("moe", .moe),
  ]
  /// Never kept by Megatron-LM, which weights rows before their down-projection.
  private static let always = ActivationPolicy.Recompute.expertOutput.rawValue
  /// The names that together give the recomputed outputs.
  static let granularity = "recompute_granularity"
  static let modules = "recompute_modules"

  /// The mappings in which they are accepted.
  static let parents = [["training"], ["training", "parallel"]]

  static let all = [
    alias("tensor_model_parallel_size", ParallelKeys.tensor, in: "training.parallel"),
    alias("pipeline_model_parallel_size", ParallelKeys.pipeline, in: "training.parallel"),
    alias("virtual_pipeline_model_parallel_size", TrainingKeys.chunks),
    alias("context_parallel_size", ParallelKeys.context, in: "training.parallel"),
    alias("expert_model_parallel_size", ParallelKeys.expert, in: "training.parallel"),
    alias("expert_tensor_parallel_size", ParallelKeys.expertTensor, in: "training.parallel"),
    alias("sequence_parallel", ParallelKeys.sequence, in: "training.parallel"),
    alias(
      "cp_comm_type", ParallelKeys.contextExchange, in: "training.parallel",
      kind: .choice(exchanges.map(\.0))
    ) { $0.replacing(exchanges) },
    alias("micro_batch_size", TrainingKeys.microbatch),
    alias("global_batch_size", TrainingKeys.globalBatch),
    alias("seq_length", TrainingKeys.sequenceLength),
    alias("pipeline_model_parallel_layout", TrainingKeys.stages),
    alias(
      granularity, ActivationKeys.recompute, in: "training.activations",
      kind: .choice(["full", "selective"])
    ) { $0.asList(adding: $0.isWord("full") ? nil : always) { $0 == "selective" ? nil : $0 } },
    alias(
      modules, ActivationKeys.recompute, in: "training.activations",
      kind: .list(
        .choice(recomputed.map(\.0)), isSet: true, count: 0...recomputed.count)
    ) { node in
      // Attention's core is recomputed in any case, by flash attention.
      node.asList(adding: always) { word in
        guard let known = recomputed.first(where: { $0.0 == word }) else { return word }
        return known.1?.rawValue
      }
    },
    alias("recompute_method", ActivationKeys.method, in: "training.activations"),
    alias("recompute_num_layers", ActivationKeys.layers, in: "training.activations"),
  ]

  private static func alias<V>(
    _ name: String, _ key: Key<V>, in parent: String = "training", kind: Kind? = nil,
    _ converted: @escaping @Sendable (DocumentNode) -> DocumentNode = { $0 }
  ) -> Alias {
    Alias(name, of: "Megatron-LM", key, in: parent, kind: kind, converted)
  }

  /// A training question in these names, in the order of the list.
  static func equivalents(
    of spec: TrainingSpec, _ model: ModelSpec
  ) -> [(name: String, value: String)] {
    let layout = spec.layout
    let sharding = layout.sharding
    let exchange = exchanges.first { $0.1 == sharding.contextExchange.rawValue }?.0
    let values: [(String, String?)] = [
      ("tensor_model_parallel_size", "\(layout.tensor)"),
      ("pipeline_model_parallel_size", "\(layout.pipeline)"),
      ("virtual_pipeline_model_parallel_size", spec.chunks.map { "\($0)" }),
      ("context_parallel_size", "\(layout.context)"),
      ("expert_model_parallel_size", "\(layout.expert)"),
      ("expert_tensor_parallel_size", "\(sharding.expertTensor)"),
      ("sequence_parallel", "\(sharding.isSequenceParallel)"),
      ("cp_comm_type", layout.context > 1 ? exchange : nil),
      ("micro_batch_size", "\(spec.microbatchSequences)"),
      ("global_batch_size", "\(spec.globalBatch)"), ("seq_length", "\(spec.sequenceLength)"),
      ("pipeline_model_parallel_layout", spec.stages?.text),
    ]
    return values.compactMap { name, value in value.map { (name, $0) } }
      + recomputation(spec.activations, model)
  }

  private static func recomputation(
    _ policy: ActivationPolicy, _ model: ModelSpec
  ) -> [(name: String, value: String)] {
    if policy.recompute.contains(.full) {
      let method: (String, Int)? =
        switch policy.wholeLayers {
        case .uniform(let count): ("uniform", count)
        case .first(let count): ("block", count)
        case .every: nil
        }
      return [(granularity, "full")]
        + (method.map { [("recompute_method", $0.0), ("recompute_num_layers", "\($0.1)")] } ?? [])
    }
    let names = namedOutputs(of: policy, model).map(\.name)
    return names.isEmpty
      ? [] : [(granularity, "selective"), (modules, "[\(names.joined(separator: ", "))]")]
  }

  /// The modules of a model that recompute what the policy does.
  private static func namedOutputs(
    of policy: ActivationPolicy, _ model: ModelSpec
  ) -> [(name: String, output: ActivationPolicy.Recompute)] {
    recomputed.compactMap { name, output in
      guard let output, policy.recompute.contains(output) else { return nil }
      // Megatron-LM refuses the module without multi-head latent attention.
      if output == .attentionUpProjection, case .grouped = model.attention { return nil }
      return (name, output)
    }
  }

  /// The recomputed outputs that have no name, in the order of the catalogue.
  static func nameless(
    of spec: TrainingSpec, _ model: ModelSpec
  ) -> [ActivationPolicy.Recompute] {
    let policy = spec.activations
    guard !policy.recompute.contains(.full) else { return [] }
    let named = namedOutputs(of: policy, model).map(\.output) + [.expertOutput]
    return ActivationPolicy.Recompute.allCases.filter {
      policy.recompute.contains($0) && !named.contains($0)
    }
  }
}

extension DocumentNode {
  /// The node with a scalar of a list of spellings in the other one.
  fileprivate func replacing(_ words: [(String, String)]) -> DocumentNode {
    guard case .scalar(let text, let isPlain) = content,
      let word = words.first(where: { $0.0 == text })?.1
    else { return self }
    return DocumentNode(content: .scalar(word, isPlain: isPlain), place: place)
  }

  /// Whether the node is a certain word.
  func isWord(_ word: String) -> Bool {
    if case .scalar(word, _) = content { true } else { false }
  }

  /// The node as a list, with every word in another spelling or without it, and one more.
  fileprivate func asList(
    adding word: String? = nil, _ spelling: (String) -> String?
  ) -> DocumentNode {
    let items: [DocumentNode]
    switch content {
    case .sequence(let list): items = list
    case .scalar where !isNull: items = [self]
    default: return self
    }
    let spelled = items.compactMap { item -> DocumentNode? in
      guard case .scalar(let text, let isPlain) = item.content else { return item }
      return spelling(text).map {
        DocumentNode(content: .scalar($0, isPlain: isPlain), place: item.place)
      }
    }
    let added = word.map { DocumentNode(content: .scalar($0, isPlain: true), place: place) }
    return DocumentNode(content: .sequence(spelled + (added.map { [$0] } ?? [])), place: place)
  }
}

extension Scenario {
  /// The layout of a training step in Megatron-LM's names; empty for other questions.
  package var megatronNames: [(name: String, value: String)] {
    guard case .trainingStep(let spec) = question else { return [] }
    return MegatronNames.equivalents(of: spec, model)
  }

  /// The outputs that a training step recomputes and Megatron-LM has no name for, as they are
  /// written in scenarios.
  package var withoutMegatronName: [String] {
    guard case .trainingStep(let spec) = question else { return [] }
    return MegatronNames.nameless(of: spec, model).map(\.rawValue)
  }
}
