// Division of GPUs, experts and sequences: the rules of divisibility.

import Cluster
import ModelCost
import Training

extension TrainingResolver {
  /// Maximum of microbatches x layers per step, which bounds the operations of a simulation.
  static let workLimit = 500_000
  /// Maximum number of expert loads: one per microbatch, layer and expert.
  static let loadLimit = 50_000_000
  /// Maximum tokens per microbatch of an expert group, so that 31 bits hold the count of its pairs.
  static let groupTokenLimit = 16_777_216
  /// Maximum tokens per microbatch of one GPU.
  static let microbatchTokenLimit = 16_777_216
  /// Maximum days per step at a tenth of the GPU's peak: the clock holds 106.
  static let stepDaysLimit = 10.0

  /// The layout; nil if it cannot be determined.
  func layout(_ parallel: Fields) -> ParallelLayout? {
    let sharding = self.sharding(parallel)
    guard let pipeline = parallel.given(ParallelKeys.pipeline) else { return nil }
    let data = self.data(parallel, pipeline, sharding?.gpus)
    let expert = self.expert(parallel)
    if let expert, let data, let sharding, expert * sharding.expertTensor > 1 {
      check(expert: expert, data: data, sharding)
    }
    guard let data, let expert, let sharding else { return nil }
    let layout = ParallelLayout(
      pipeline: pipeline, expert: expert, data: data, sharding: sharding)
    checkDomains(layout, parallel)
    return layout
  }

  /// - Parameter sharing: GPUs of a pipeline rank that work on the same data; nil if their number
  ///   cannot be determined.
  private func data(_ parallel: Fields, _ pipeline: Int, _ sharing: Int?) -> Int? {
    guard !parallel.isRefused(ParallelKeys.data), let sharing else { return nil }
    let written = parallel.given(ParallelKeys.data)
    guard let cluster else { return written }
    let gpus = cluster.gpuCount
    let pipelinePath = "training.parallel.pipeline"
    let divisor = pipeline * sharing
    let shared = sharing > 1 ? " x tensor and context \(sharing)" : ""
    if divisor > gpus {
      problems.add(
        pipelinePath, "\"\(pipeline)\"\(shared) ranks, but the cluster has \(gpus) GPUs")
      return nil
    }
    if let written {
      if divisor * written > gpus {
        problems.add(
          "training.parallel.data",
          "\"\(written)\" x pipeline \(pipeline)\(shared) is \(divisor * written) GPUs, but the"
            + " cluster has \(gpus)", allowed: "expected: at most \(gpus / divisor)")
      }
      return written
    }
    if gpus % divisor != 0 {
      problems.add(
        pipelinePath,
        "\"\(pipeline)\"\(shared) does not divide the \(gpus) GPUs of the cluster",
        allowed: "expected: a divisor of \(gpus)\(sharing > 1 ? " / \(sharing)" : ""), or the"
          + " number of pipelines as training.parallel.data")
      return nil
    }
    return gpus / divisor
  }

  private func expert(_ parallel: Fields) -> Int? {
    let path = "training.parallel.expert"
    guard !parallel.isRefused(ParallelKeys.expert) else { return nil }
    let written = parallel.given(ParallelKeys.expert)
    guard let model else { return written }
    guard let experts = model.experts else {
      if let written, written > 1 {
        problems.add(path, "\"\(written)\" needs a model with experts; \(model.name) has none")
      }
      return 1
    }
    guard let written else {
      problems.add(
        path, "is required: \(model.name) has \(experts.routed) routed experts",
        allowed: "expected: the number of GPUs that share them")
      return nil
    }
    if experts.routed % written != 0 {
      problems.add(
        path, "\"\(written)\" does not divide the \(experts.routed) routed experts",
        allowed: "expected: a divisor of \(experts.routed)")
    }
    return written
  }

  private func check(expert: Int, data: Int, _ sharding: LayerSharding) {
    let path = "training.parallel.expert"
    let gpus = data * sharding.gpus
    let parts = sharding.expertTensor
    let times = parts > 1 ? " x expert_tensor \(parts)" : ""
    if gpus % (expert * parts) != 0 {
      problems.add(
        path,
        sharding.gpus == 1
          ? "\"\(expert)\"\(times) does not divide the \(data) pipelines"
          : "\"\(expert)\"\(times) does not divide the \(gpus) GPUs of a rank: data \(data) x"
            + " tensor and context \(sharding.gpus)",
        allowed: "expected: a divisor of \(gpus)\(parts > 1 ? " / \(parts)" : "")"
          + " (training.parallel.data, or GPUs / pipeline)")
    }
    guard let node = cluster?.node, node.nodesPerDomain == 1 else { return }
    let perNode = node.gpusPerNode
    let spread = expert * parts
    if spread > perNode && gpus >= perNode && spread % perNode != 0 {
      problems.add(
        path, "\"\(expert)\"\(times) is not a multiple of the \(perNode) GPUs of a node",
        allowed: "expected: a multiple of \(perNode), or a number below it")
    }
  }

  /// Maximum number of domains per token; nil for the model's own limit. `none` means all of them.
  func nodeLimit(_ layout: ParallelLayout?) -> Int? {
    let path = "training.node_limit"
    guard let written = fields.given(TrainingKeys.nodeLimit), let model else { return nil }
    guard let experts = model.experts else {
      if case .some(let limit) = written {
        problems.add(path, "\"\(limit)\" needs a model with experts; \(model.name) has none")
      }
      return nil
    }
    guard let layout, let cluster, let domains = expertDomains(layout, cluster),
      experts.routed % domains == 0
    else { return nil }
    guard case .some(let limit) = written else { return domains }
    if limit > domains {
      problems.add(
        path,
        "\"\(limit)\" is more than the \(domains) \(cluster.domainWord)s that share a layer's"
          + " experts", allowed: "expected: 1 to \(domains), or none")
    } else if experts.topK > limit * (experts.routed / domains) {
      problems.add(
        path,
        "\"\(limit)\" \(cluster.domainWord)s hold \(limit * (experts.routed / domains)) experts,"
          + " fewer than top_k \(experts.topK)")
    }
    return limit
  }

  /// Microbatches per pipeline; nil if their number cannot be determined.
  func microbatches(_ layout: ParallelLayout?) -> Int? {
    if fields.isWritten(TrainingKeys.microbatches) {
      return fields.given(TrainingKeys.microbatches)
    }
    guard let batch = fields.given(TrainingKeys.globalBatch), let data = layout?.data,
      let microbatch = fields.value(TrainingKeys.microbatch)
    else { return nil }
    let sequences = data * microbatch
    guard batch % sequences == 0 else {
      let below = batch / sequences * sequences
      problems.add(
        "training.global_batch",
        "\"\(batch)\" sequences do not divide into microbatches of \(microbatch) on \(data)"
          + " pipelines",
        allowed: "nearest: \(below == 0 ? "" : "\(below) or ")\(below + sequences)")
      return nil
    }
    return batch / sequences
  }

  private func checkLoads(_ spec: TrainingSpec, _ model: ModelSpec) {
    guard let experts = model.experts else { return }
    let perMicrobatch = model.layers * experts.routed
    if spec.microbatches * perMicrobatch > Self.loadLimit {
      problems.add(
        batchPath,
        "\(spec.microbatches) microbatches x \(perMicrobatch) experts of all layers are more uneven"
          + " loads than a simulation holds",
        allowed: "expected: at most \(Self.loadLimit / perMicrobatch) microbatches, or"
          + " training.routing.source: uniform")
    }
    if spec.ownTokens * spec.layout.expert > Self.groupTokenLimit {
      problems.add(
        microbatchPath,
        "\(spec.ownTokens * spec.layout.expert) tokens in a microbatch of an expert group"
          + " are more than the limit for uneven loads",
        allowed: "expected: at most \(Self.groupTokenLimit)")
    }
  }

  /// The key to change for fewer tokens per microbatch: its sequences or, without that key, their
  /// length.
  private var microbatchPath: String {
    fields.isWritten(TrainingKeys.microbatch) ? "training.microbatch" : "training.sequence_length"
  }

  /// Checks that the clock of a simulation holds an update in host memory, even of all parameters.
  private func checkOffload(_ spec: TrainingSpec, _ model: ModelSpec) {
    guard let offload = spec.offload else { return }
    // Read and written states, a gradient, a weight; see OptimizerOffload.
    let bytes = 2 * spec.precision.optimizerBytes + spec.precision.gradients.bytes + 2
    let rate = min(offload.link.value, offload.hostMemory.value)
    let days = Double(model.mainParameters) * Double(bytes) * offload.share / rate / 86_400
    guard days > Self.stepDaysLimit else { return }
    problems.add(
      "training.offload",
      "an update of all parameters over the slower of link and host_memory could take"
        + " \(Int(days.rounded(.up))) days, more than the limit of \(Int(Self.stepDaysLimit))")
  }

  /// Checks for sizes that would exhaust the memory or the clock of the simulation.
  func checkSize(_ spec: TrainingSpec) {
    if spec.microbatchTokens > Self.microbatchTokenLimit {
      problems.add(
        microbatchPath,
        "\(spec.microbatchTokens) tokens in a microbatch are more than the limit of"
          + " \(Self.microbatchTokenLimit)")
    }
    guard let model, let cluster, problems.diagnostics.isEmpty else { return }
    if spec.microbatches * model.layers > Self.workLimit {
      problems.add(
        batchPath,
        "\(spec.microbatches) microbatches x \(model.layers) layers are more than a simulation"
          + " holds", allowed: "expected: at most \(Self.workLimit / model.layers) microbatches")
    }
    if !spec.routing.isUniform { checkLoads(spec, model) }
    checkOffload(spec, model)
    let tokens = Double(spec.microbatchTokens) * Double(spec.microbatches)
    let gpus = Double(spec.layout.pipeline * spec.layout.sharding.gpus)
    let flops = 6 * Double(model.activeParameters) * tokens / gpus
    let days = flops / (0.1 * cluster.node.gpu.bf16Peak.value) / 86_400
    if days > Self.stepDaysLimit {
      problems.add(
        "training",
        "one step would take about \(Int(days.rounded(.up))) days, more than the limit of"
          + " \(Int(Self.stepDaysLimit))")
    }
  }
}
