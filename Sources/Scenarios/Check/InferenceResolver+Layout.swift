// The layout of an inference step: how many GPUs share what, in which formats, and whether model
// and cluster allow it.

import Cluster
import ModelCost
import Serving

extension InferenceResolver {
  /// The layout; nil, or with problems reported, if it is not valid.
  func layout() -> InferenceLayout? {
    guard let tensor = fields.value(InferenceKeys.tensor),
      let pipeline = fields.value(InferenceKeys.pipeline),
      let experts = fields.value(InferenceKeys.experts),
      !fields.isRefused(InferenceKeys.exchange), !fields.isRefused(InferenceKeys.partition),
      let data = data(tensor: tensor, pipeline: pipeline)
    else { return nil }
    let usual: InferenceLayout.Exchange = experts == .whole ? .allToAll : .gather
    let exchange = fields.given(InferenceKeys.exchange) ?? usual
    if experts == .divided, exchange == .allToAll {
      problems.add(
        "\(path).exchange", "\"all_to_all\" sends tokens to whole experts, but experts is tp",
        allowed: "expected: gather, or ep as \(path).experts")
    }
    return InferenceLayout(
      tensor: tensor, data: data, pipeline: pipeline,
      partition: fields.given(InferenceKeys.partition), experts: experts, exchange: exchange)
  }

  /// Attention groups of a stage: as written, or so that the GPUs of the unit are used.
  private func data(tensor: Int, pipeline: Int) -> Int? {
    guard !fields.isRefused(InferenceKeys.data), !fields.isRefused(InferenceKeys.expertParallel)
    else { return nil }
    switch (fields.given(InferenceKeys.expertParallel), fields.given(InferenceKeys.data)) {
    case (let gpus?, let data?):
      guard gpus != tensor * data else { return data }
      problems.add(
        "\(path).expert_parallel", "\"\(gpus)\" is not \(path).tensor x \(path).data",
        allowed: "expected: \(tensor * data), or absent")
      return nil
    case (let gpus?, nil):
      guard gpus % tensor != 0 else { return gpus / tensor }
      problems.add(
        "\(path).expert_parallel",
        "\"\(gpus)\" GPUs are not a multiple of the \(tensor) of \(path).tensor",
        allowed: "nearest: "
          + [gpus / tensor * tensor, (gpus / tensor + 1) * tensor].filter { $0 > 0 }
          .map(String.init).joined(separator: " or "))
      return nil
    case (nil, let data?): return data
    case (nil, nil):
      guard work == nil else { return 1 }
      guard let cluster else { return nil }
      let group = tensor * pipeline
      guard cluster.gpuCount % group != 0 else { return cluster.gpuCount / group }
      problems.add(
        "\(path).tensor",
        "\"\(tensor)\" GPUs x \(pipeline) stages do not divide the \(cluster.gpuCount) GPUs of the"
          + " cluster",
        allowed: "expected: a divisor, or \(path).data as the number of attention groups")
      return nil
    }
  }

  /// Checks a layout against cluster and model.
  func check(_ layout: InferenceLayout?, _ formats: ProductFormats?) {
    guard let layout else { return }
    if let cluster { check(layout, on: cluster) }
    guard let model else { return }
    if model.experts == nil { checkDense(model) }
    if layout.experts == .divided, let redundant = fields.given(InferenceKeys.redundantExperts),
      redundant > 0
    {
      problems.add(
        "\(path).redundant_experts",
        "\"\(redundant)\", but with experts: tp every GPU has a part of every expert",
        allowed: "expected: 0, or ep as \(path).experts")
    }
    checkPlanner()
    let obstacles = layout.obstacles(
      to: model, weights: formats?.weights ?? .bf16,
      redundant: fields.value(InferenceKeys.redundantExperts) ?? 0,
      usesDrafts: work?.acceptance != nil || fields.given(InferenceKeys.mtpAcceptance) != nil)
    for obstacle in obstacles {
      if obstacle.rule == .slots, !fields.isWritten(InferenceKeys.redundantExperts) {
        checkSlots(layout, model)
      } else {
        problems.add(
          "\(path).\(obstacle.key)", obstacle.message.replacing("inference.", with: path + "."),
          allowed: obstacle.allowed.replacing("inference.", with: path + "."))
      }
    }
  }

  private func checkDense(_ model: ModelSpec) {
    guard let redundant = fields.given(InferenceKeys.redundantExperts), redundant > 0 else {
      return
    }
    problems.add(
      "\(path).redundant_experts", "\"\(redundant)\", but \(model.name) has no experts",
      allowed: "expected: 0")
  }

  private func checkPlanner() {
    guard let redundant = fields.value(InferenceKeys.redundantExperts), redundant > 0,
      fields.given(InferenceKeys.planner) == .inOrder
    else { return }
    problems.add(
      "\(path).planner", "\"in_order\" has no slots for \(redundant) redundant experts",
      allowed: "expected: best or eplb, or 0 as \(path).redundant_experts")
  }

  /// Without redundant experts, the number of GPUs is at fault.
  private func checkSlots(_ layout: InferenceLayout, _ model: ModelSpec) {
    guard let experts = model.experts else { return }
    let gpus = layout.gpusPerStage
    let above = (experts.routed + gpus - 1) / gpus * gpus - experts.routed
    problems.add(
      stagePath, "\"\(gpus)\" GPUs do not divide the \(experts.routed) experts",
      allowed: "expected: a divisor of \(experts.routed), or \(above) as"
        + " \(path).redundant_experts")
  }

  /// The key that says how many GPUs a stage has.
  private var stagePath: String {
    if fields.isWritten(InferenceKeys.expertParallel) { return "\(path).expert_parallel" }
    return fields.isWritten(InferenceKeys.data) ? "\(path).data" : "\(path).tensor"
  }

  private func check(_ layout: InferenceLayout, on cluster: ClusterSpec) {
    let (gpus, perDomain) = (layout.gpusPerStage, cluster.gpusPerDomain)
    if layout.gpus > cluster.gpuCount {
      if layout.pipeline == 1 {
        problems.add(
          stagePath, "\"\(gpus)\" GPUs, but the cluster has \(cluster.gpuCount)",
          allowed: "expected: at most \(cluster.gpuCount)")
      } else {
        problems.add(
          "\(path).pipeline",
          "\"\(layout.pipeline)\" stages of \(gpus) GPUs, but the cluster has \(cluster.gpuCount)",
          allowed: "expected: at most \(max(1, cluster.gpuCount / gpus))")
      }
    } else if gpus > perDomain && gpus % perDomain != 0 {
      let below = gpus / perDomain * perDomain
      problems.add(
        stagePath,
        "\"\(gpus)\" is not a multiple of the \(perDomain) GPUs of a \(cluster.domainWord)",
        allowed: "nearest: \(below) or \(below + perDomain)")
    } else if layout.pipeline > 1, gpus < perDomain, perDomain % gpus != 0 {
      problems.add(
        "\(path).pipeline",
        "\"\(layout.pipeline)\" stages of \(gpus) GPUs do not fill a \(cluster.domainWord) of"
          + " \(perDomain)", allowed: "expected: stages of a divisor of \(perDomain) GPUs")
    } else if gpus > perDomain, perDomain % layout.tensor != 0, layout.tensor % perDomain != 0 {
      problems.add(
        "\(path).tensor",
        "\"\(layout.tensor)\" GPUs neither divide a \(cluster.domainWord) of \(perDomain) nor fill"
          + " several", allowed: "expected: a divisor or a multiple of \(perDomain)")
    }
  }

  // MARK: Formats

  /// Formats of products and weights; nil, with problems reported, if they do not fit together.
  func formats() -> ProductFormats? {
    guard !fields.isRefused(InferenceKeys.weights) else { return nil }
    let weights = fields.given(InferenceKeys.weights)
    if let weights {
      guard weights.given(ServedWeightKeys.format) != nil,
        !weights.isRefused(ServedWeightKeys.covers)
      else { return nil }
    }
    let written = weights?.given(ServedWeightKeys.format)
    if written == .bf16, !fields.isWritten(InferenceKeys.gemm) {
      return ProductFormats(gemm: .bf16, weights: .bf16)
    }
    let gemm = problems.format(fields, InferenceKeys.gemm, path, on: cluster?.node.gpu)
    guard let gemm else { return nil }
    if let written, written.isWider(than: gemm) {
      problems.add(
        "\(path).weights.format",
        "\"\(written.rawValue)\" is wider than the products' \(gemm.rawValue)",
        allowed: "expected: bf16 as \(path).gemm, or narrower weights")
      return nil
    }
    let published = model?.weights ?? .bf16
    var scheme: WeightScheme
    if let written {
      scheme = written == published.format ? published : WeightScheme(written)
    } else if published.format == .bf16 || published.format.isWider(than: gemm)
      || (gemm == .bf16 && !published.format.hasFourBits)
    {
      // FP8 weights are widened for products in BF16, as a scenario that asks for these means.
      scheme = ProductFormats(gemm).weights
    } else {
      scheme = published
    }
    if let covers = weights?.given(ServedWeightKeys.covers) { scheme.coverage = covers }
    return ProductFormats(gemm: gemm, weights: scheme)
  }

  /// The rule for the cache's pool.
  func pool() -> CachePool? {
    guard !fields.isRefused(InferenceKeys.pool) else { return nil }
    guard let written = fields.given(InferenceKeys.pool) else { return .usual }
    guard let rule = written.value(PoolKeys.rule), let fraction = written.value(PoolKeys.fraction),
      let block = written.value(PoolKeys.block), let overhead = written.value(PoolKeys.overhead)
    else { return nil }
    return CachePool(rule: rule, fraction: fraction, block: block, overhead: overhead)
  }
}

extension WeightFormat {
  /// Whether products of a format cannot read it without losing bits.
  fileprivate func isWider(than gemm: Precision) -> Bool { self == .bf16 && gemm == .fp8 }

  /// Whether a number has four bits, apart from scales.
  fileprivate var hasFourBits: Bool { bytes(rows: 1, columns: 4096) < 4096 }
}
