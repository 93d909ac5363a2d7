// The GPUs of an inference step and what each of them holds.
//
//     stage          hosts that hold some of the layers; stages work on a batch one after another
//     data group     the GPUs of a stage: attention groups that work on different sequences
//     tensor group   one attention group: GPUs that share heads and widths, neighbours in a stage
//
// The GPU of place `i` of a stage belongs to attention group i / tensor. The experts of a layer are
// divided over all GPUs of its stage, whole ones to each GPU or a part of each to every GPU.
//
// Source: vLLM and SGLang, whose options have the same names; `data` is SGLang's attention data
// parallelism, not replicas of the whole model.

import ModelCost

/// How many GPUs share what.
package struct InferenceLayout: Hashable, Sendable {
  /// How the experts of a layer are divided.
  package enum Experts: String, CaseIterable, Hashable, Sendable {
    /// Each GPU has some of them, whole.
    case whole = "ep"
    /// Each GPU has a part of every one's width.
    case divided = "tp"
  }

  /// How tokens reach the experts on GPUs of other attention groups.
  package enum Exchange: String, CaseIterable, Hashable, Sendable {
    /// Each token to the GPUs of its experts, by the kernels of DeepEP.
    case allToAll = "all_to_all"
    /// All tokens to all GPUs.
    case gather
  }

  /// What joins the attention of a layer and its experts.
  package enum ExpertPath: Hashable, Sendable {
    /// One GPU has all experts.
    case local
    /// One attention group has them: its GPUs sum their results.
    case sum
    case gather
    case allToAll
  }

  /// GPUs that share heads and widths.
  package var tensor: Int
  /// Attention groups of a stage.
  package var data: Int
  /// Stages.
  package var pipeline: Int
  /// Layers of each stage; nil for the usual division.
  package var partition: [Int]?
  package var experts: Experts
  package var exchange: Exchange

  package init(
    tensor: Int = 1, data: Int = 1, pipeline: Int = 1, partition: [Int]? = nil,
    experts: Experts = .whole, exchange: Exchange = .allToAll
  ) {
    self.tensor = tensor
    self.data = data
    self.pipeline = pipeline
    self.partition = partition
    self.experts = experts
    self.exchange = exchange
  }

  /// GPUs of a stage, which share the experts of its layers.
  package var gpusPerStage: Int { tensor * data }
  /// GPUs of all stages.
  package var gpus: Int { gpusPerStage * pipeline }

  /// The way of tokens to experts and back.
  package var expertPath: ExpertPath {
    if gpusPerStage == 1 { return .local }
    if data == 1 { return .sum }
    return experts == .whole && exchange == .allToAll ? .allToAll : .gather
  }

  /// Layers of each stage: as written, or equally many, of which the rest goes to the stages from
  /// the last but one backwards (vLLM's `get_pp_indices`).
  package func layerCounts(of layers: Int) -> [Int] {
    if let partition { return partition }
    let (each, rest) = layers.quotientAndRemainder(dividingBy: pipeline)
    return (0..<pipeline).map { stage in
      let fromEnd = pipeline - 1 - stage
      return each + (fromEnd >= 1 && fromEnd <= rest ? 1 : 0)
    }
  }

  /// The layers of each stage, counted from 0.
  package func layerRanges(of layers: Int) -> [Range<Int>] {
    var start = 0
    return layerCounts(of: layers).map { count in
      defer { start += count }
      return start..<start + count
    }
  }

  /// Routed experts of a layer on one GPU, whole or in parts.
  package func localExperts(of experts: ExpertSpec?, redundant: Int) -> Int {
    guard let experts else { return 0 }
    return self.experts == .divided
      ? experts.routed : (experts.routed + redundant) / gpusPerStage
  }

  /// What one GPU of a stage holds.
  package func weightShare(of model: ModelSpec, redundant: Int) -> WeightShare {
    WeightShare(
      tensor: tensor, localExperts: localExperts(of: model.experts, redundant: redundant),
      expertTensor: experts == .divided ? gpusPerStage : 1)
  }

  /// The model with routed experts as wide as on one GPU; everything else is whole.
  package func withExpertShare(_ model: ModelSpec) -> ModelSpec {
    guard experts == .divided else { return model }
    var share = model
    share.experts?.intermediate /= gpusPerStage
    return share
  }

  /// The layout in the words of a scenario.
  package var text: String {
    "tensor \(tensor) x data \(data) x pipeline \(pipeline)"
  }
}
