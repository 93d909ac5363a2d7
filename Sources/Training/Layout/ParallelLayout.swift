// How the GPUs of a training step share its work.

import ModelCost

/// The division of a cluster's GPUs: pipeline x data x context x tensor, with tensor innermost, so
/// that a tensor group consists of neighbouring GPUs. Experts are spread in a grid of their own,
/// across all dimensions but the pipeline (Megatron Core's parallel folding, arXiv:2504.14960):
/// see `RankGrid`.
package struct ParallelLayout: Hashable, Sendable {
  /// Pipeline ranks P.
  package var pipeline: Int
  /// Groups of GPUs over which the experts of one layer are spread; `expertGPUs` divides
  /// `gpusPerRank`.
  package var expert: Int
  /// Pipelines that work on different data.
  package var data: Int
  /// How layers and sequences are divided between the GPUs of one rank of a pipeline.
  package var sharding: LayerSharding

  package init(pipeline: Int, expert: Int, data: Int, sharding: LayerSharding = .none) {
    self.pipeline = pipeline
    self.expert = expert
    self.data = data
    self.sharding = sharding
  }

  /// GPUs that share heads and widths of a layer.
  package var tensor: Int { sharding.tensor }
  /// GPUs that share each sequence.
  package var context: Int { sharding.context }

  /// Neighbouring GPUs that hold the experts of a layer together.
  package var expertGPUs: Int { expert * sharding.expertTensor }
  /// GPUs that hold the same parts of the same experts.
  package var expertReplicas: Int { gpusPerRank / expertGPUs }

  /// GPUs with the same layers.
  package var gpusPerRank: Int { data * sharding.gpus }

  /// GPUs in use.
  package var gpuCount: Int { pipeline * gpusPerRank }

  /// What one GPU holds of each layer.
  func weightShare(of model: ModelSpec) -> WeightShare {
    WeightShare(
      tensor: tensor, localExperts: (model.experts?.routed ?? 0) / expert,
      expertTensor: sharding.expertTensor)
  }
}
