// The error for a step that does not fit in memory: which layout was asked for, what fills the
// memory, and changes that help, each of which the caller tries.

import Cluster
import ModelCost
import Recording
import Text
import Units

/// Why an inference step cannot be simulated as requested.
package enum InferenceRefusal: SimulationRefusal, Hashable {
  /// A GPU would need more memory than it has.
  case memory(MemoryShortage)

  /// The layout with how much memory of each kind it needs, and what would fit.
  package var explanations: [Explanation] {
    switch self {
    case .memory(let shortage): [shortage.explanation]
    }
  }

  package var candidates: [RemedyCandidate] {
    switch self {
    case .memory(let shortage):
      shortage.candidates.map { $0.moved(from: "inference", to: shortage.keyPath) }
    }
  }

  /// The same refusal for a layout that is written in another block, such as a pool of a service.
  package func asked(at keyPath: String) -> InferenceRefusal {
    switch self {
    case .memory(var shortage):
      shortage.keyPath = keyPath
      return .memory(shortage)
    }
  }

  package func telling(_ remedies: [[Setting]]) -> InferenceRefusal {
    switch self {
    case .memory(var shortage):
      shortage.wouldFit = remedies
      return .memory(shortage)
    }
  }
}

/// A layout that needs more memory than a GPU has.
package struct MemoryShortage: Hashable, Sendable {
  /// The stage that needs the most.
  package var memory: InferenceMemory
  let spec: InferenceSpec
  let model: ModelSpec
  let cluster: ClusterSpec
  /// The block of the scenario with the layout.
  package var keyPath = "inference"
  /// The changes that were tried and fit; nil if none were tried.
  package var wouldFit: [[Setting]]?

  init(_ memory: InferenceMemory, _ spec: InferenceSpec, _ model: ModelSpec, _ cluster: ClusterSpec)
  {
    self.memory = memory
    self.spec = spec
    self.model = model
    self.cluster = cluster
  }

  var explanation: Explanation {
    let parts = memory.uses(gpus: 1).filter { $0.bytes.value > 0 }.map {
      "\($0.kind.rawValue) \(memoryText(bytes: $0.bytes.value))"
    }
    let stage = spec.layout.pipeline > 1 ? " of stage \(memory.stage)" : ""
    let need = memoryText(bytes: memory.total, of: memory.capacity)
    return Explanation(
      "out of memory: in the layout \(layoutText) a GPU\(stage) needs \(need)",
      advice: ["it holds: \(parts.joined(separator: ", "))"] + remedies)
  }

  private var layoutText: String {
    let experts =
      model.experts == nil ? "" : ", experts \(spec.layout.experts.rawValue)"
    return "\(spec.layout.text)\(experts), weights \(spec.formats.weights.format.rawValue)"
  }

  /// Fewer sequences, if they help, and the changes that were tried.
  private var remedies: [String] {
    var list: [String] = []
    // The batches of a service follow from its requests.
    if keyPath == "inference", memory.largestBatch > 0 {
      list.append("inference.batch: \(memory.largestBatch) sequences")
    }
    list += (wouldFit ?? []).map { $0.map(\.option).joined(separator: " ") }
    guard !list.isEmpty else {
      return [
        wouldFit == nil
          ? "no batch of this layout fits: more GPUs for a layer, more stages, or narrower weights"
          : "none of the layouts and formats tried would fit, on up to 16 times the nodes"
      ]
    }
    return list.enumerated().map { ($0 == 0 ? "would fit: " : "       or: ") + $1 }
  }
}

extension MemoryShortage {
  /// Other divisions of the same GPUs, narrower formats, then more nodes.
  var candidates: [RemedyCandidate] {
    layouts + formats
      + (1...4).map {
        RemedyCandidate(combinations(nodes: 1 << $0), isLastResort: $0 > 1)
      }
  }

  /// Wider attention groups, then more stages, on the same nodes. Stages may be divided by weight,
  /// and the runtime may keep less.
  private var layouts: [RemedyCandidate] {
    let tensors = powers(from: spec.layout.tensor * 2, to: cluster.gpusPerDomain)
    let wider = tensors.flatMap { tensor in
      [InferenceLayout.Experts.whole, .divided].map { setting(tensor: tensor, pipeline: nil, $0) }
    }
    let stages = powers(from: max(2, spec.layout.pipeline), to: cluster.nodeCount)
    let staged = stages.flatMap { pipeline in
      powers(from: 1, to: cluster.gpusPerDomain).reversed().flatMap { tensor in
        [InferenceLayout.Experts.whole, .divided].flatMap { experts in
          deeper(tensor: tensor, pipeline: pipeline, experts)
        }
      }
    }
    return [wider, staged].filter { !$0.isEmpty }.map { RemedyCandidate($0) }
  }

  /// The usual stages, stages of even weight, and these with less for the runtime.
  private func deeper(
    tensor: Int, pipeline: Int, _ experts: InferenceLayout.Experts
  ) -> [[Setting]] {
    let usual = setting(tensor: tensor, pipeline: pipeline, experts)
    let layout = InferenceLayout(
      tensor: tensor, data: max(1, cluster.gpuCount / (tensor * pipeline)), pipeline: pipeline,
      experts: experts)
    let obstacles = layout.obstacles(
      to: model, weights: spec.formats.weights, redundant: spec.redundantExperts)
    guard obstacles.isEmpty else { return [] }
    let counts = layout.evenPartition(
      of: model, scheme: spec.formats.weights, redundant: spec.redundantExperts)
    let text = "[\(counts.map(String.init).joined(separator: ", "))]"
    let even =
      usual.filter { $0.key != "inference.partition" } + [Setting("inference.partition", text)]
    return [usual, even, even + [Setting("inference.pool.overhead", "1 GiB")]]
  }

  /// Weights of four bits with the products of the scenario, and a cache of one byte a number.
  private var formats: [RemedyCandidate] {
    let narrow = [WeightFormat.nvfp4, .int4Group128].map { format in
      [
        Setting("inference.weights.format", format.rawValue),
        Setting(
          "inference.weights.covers",
          (model.experts == nil
            ? WeightScheme.Coverage.linear : .experts).rawValue),
      ]
    }
    let cache =
      spec.kvCache == .bf16 ? [RemedyCandidate([[Setting("inference.kv_cache", "fp8")]])] : []
    let tensors = powers(from: spec.layout.tensor * 2, to: cluster.gpusPerDomain)
    let both = tensors.flatMap { tensor in
      narrow.map { $0 + setting(tensor: tensor, pipeline: nil, .whole) }
    }
    return [RemedyCandidate(narrow + both)] + cache
  }

  /// The widest attention groups first, on more nodes.
  private func combinations(nodes: Int) -> [[Setting]] {
    let count = cluster.nodeCount * nodes
    return powers(from: 1, to: cluster.gpusPerDomain).reversed().flatMap { tensor in
      [1, nodes, count].flatMap { pipeline in
        [InferenceLayout.Experts.whole, .divided].map {
          [Setting("cluster.nodes", "\(count)")]
            + setting(tensor: tensor, pipeline: pipeline, $0)
        }
      }
    }
  }

  /// A layout on all GPUs; the number of attention groups follows.
  private func setting(
    tensor: Int, pipeline: Int?, _ experts: InferenceLayout.Experts
  ) -> [Setting] {
    var settings = [Setting("inference.tensor", "\(tensor)")]
    if let pipeline { settings.append(Setting("inference.pipeline", "\(pipeline)")) }
    if model.experts != nil {
      settings.append(Setting("inference.experts", experts.rawValue))
    }
    return settings + [
      Setting("inference.exchange", nil), Setting("inference.partition", nil),
      Setting("inference.data", nil), Setting("inference.expert_parallel", nil),
    ]
  }

  private func powers(from first: Int, to last: Int) -> [Int] {
    var values: [Int] = []
    var value = first
    while value <= last {
      values.append(value)
      value *= 2
    }
    return values
  }
}
