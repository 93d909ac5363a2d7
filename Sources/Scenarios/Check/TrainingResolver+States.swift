// Formats and sharding of a training step's states and activations.

import ModelCost
import Schedules
import Training

extension TrainingResolver {
  /// The formats; nil if they cannot be determined.
  func precision() -> TrainingPrecision? {
    let f = fields.given(TrainingKeys.precision) ?? Fields()
    guard !fields.isRefused(TrainingKeys.precision), !f.isRefused(PrecisionKeys.recipe) else {
      return nil
    }
    let path = "training.precision"
    let recipe = f.given(PrecisionKeys.recipe)
    let usual: TrainingPrecision = recipe.map { $0 == .deepseek } ?? true ? .deepseekV3 : .bf16
    let gemm = self.gemm(f, recipe, path)
    // Products in BF16 read no other format, so that FP8 would have to be asked for.
    let dispatch = format(
      f, PrecisionKeys.dispatch, path, usual: gemm == .bf16 ? .bf16 : usual.dispatch)
    let combine = format(f, PrecisionKeys.combine, path, usual: usual.combine)
    let weights = format(f, PrecisionKeys.weights, path, usual: usual.weights)
    guard let gemm, let dispatch, let combine, let weights, !f.isRefused(PrecisionKeys.moments),
      let gradients = f.value(PrecisionKeys.gradients),
      let master = f.value(PrecisionKeys.master), let primary = f.value(PrecisionKeys.primary)
    else { return nil }
    if master.value == nil, weights != .fp32 {
      problems.add(
        "\(path).master", "\"none\" needs weights that the optimizer can update",
        allowed: "expected: fp32 as \(path).weights, or bf16 or fp32 as master")
      return nil
    }
    let precision = TrainingPrecision(
      gemm: gemm, recipe: recipe, primary: primary,
      transposes: !(cluster?.node.gpu.hasBlockScaling ?? false), dispatch: dispatch,
      combine: combine, weights: weights, gradients: gradients, master: master.value,
      moments: f.given(PrecisionKeys.moments) ?? usual.moments)
    check(precision, path)
    return precision
  }

  /// The format of products: that of the recipe, if there is one.
  private func gemm(_ f: Fields, _ recipe: PrecisionRecipe?, _ path: String) -> Precision? {
    guard let recipe else { return format(f, PrecisionKeys.gemm, path) }
    let own: Precision = recipe == .bf16 ? .bf16 : .fp8
    if let gpu = cluster?.node.gpu, own == .fp8, gpu.fp8Peak == nil {
      problems.add(
        "\(path).recipe",
        "\"\(recipe.rawValue)\" is not supported by GPU \(gpu.name), which has no FP8 tensor cores",
        allowed: "expected: bf16")
      return nil
    }
    if let written = f.given(PrecisionKeys.gemm), written != own {
      problems.add(
        "\(path).gemm", "\"\(written.rawValue)\" contradicts recipe: \(recipe.rawValue)",
        allowed: "expected: \(own.rawValue), or no gemm")
    }
    return own
  }

  /// Checks a recipe against the GPU, the sharding and the model.
  private func check(_ precision: TrainingPrecision, _ path: String) {
    let recipe = precision.recipe
    if recipe == .mxfp8, let gpu = cluster?.node.gpu, !gpu.hasBlockScaling {
      problems.add(
        "\(path).recipe",
        "\"mxfp8\" is not supported by GPU \(gpu.name), whose products scale whole tensors",
        allowed: "expected: fp8_tensor, fp8_tile or bf16, or a GPU with block_scaling")
    }
    if precision.primary == .quantised, !recipe.keepsQuantisedInputs {
      problems.add(
        "\(path).primary", "\"quantised\" needs weights that are cast once a step",
        allowed: "expected: bf16, or fp8_tensor, fp8_tile or mxfp8 as \(path).recipe")
    }
    let sharding = fields.given(TrainingKeys.sharding)
    if recipe.keepsQuantisedInputs, sharding?.given(ShardingKeys.states) == .parameters {
      problems.add(
        "\(path).recipe",
        "\"\(recipe.rawValue)\" casts weights once a step, which no GPU holds whole if parameters"
          + " are sharded",
        allowed: "expected: bf16 or deepseek, or other training.sharding.states")
    }
  }

  /// The kept activations; nil if they cannot be determined.
  func activations() -> ActivationPolicy? {
    let f = fields.given(TrainingKeys.activations) ?? Fields()
    guard !fields.isRefused(TrainingKeys.activations),
      let cached = format(
        f, ActivationKeys.cached, "training.activations",
        usual: usesOwnRecipe ? .bf16 : ActivationPolicy.deepseekV3.cached),
      let recompute = f.value(ActivationKeys.recompute),
      let method = f.value(ActivationKeys.method), let count = f.value(ActivationKeys.layers)
    else { return nil }
    checkRecomputation(recompute, f)
    return ActivationPolicy(
      recompute: Set(recompute), cached: cached, wholeLayers: method.layers(count))
  }

  private func checkRecomputation(_ recompute: [ActivationPolicy.Recompute], _ f: Fields) {
    let path = "training.activations"
    if recompute.contains(.full), recompute.count > 1 {
      problems.add(
        path + ".recompute", "\"full\" recomputes whole layers, with all of their outputs",
        allowed: "expected: [full], or single outputs without it")
    }
    if recompute.contains(.moe), let model, model.experts == nil {
      problems.add(
        path + ".recompute", "\"moe\" needs a model with experts; \(model.name) has none")
    }
    guard !recompute.contains(.full) else { return }
    for (key, isWritten) in [
      (ActivationKeys.method.name, f.isWritten(ActivationKeys.method)),
      (ActivationKeys.layers.name, f.isWritten(ActivationKeys.layers)),
    ] where isWritten {
      problems.add(
        "\(path).\(key)", "needs whole layers to choose from",
        allowed: "expected: [full] as \(path).recompute, or no \(key)")
    }
  }

  /// Whether products follow another recipe than DeepSeek's.
  private var usesOwnRecipe: Bool {
    let recipe = fields.given(TrainingKeys.precision)?.given(PrecisionKeys.recipe)
    return recipe.map { $0 != .deepseek } ?? false
  }

  /// - Parameter usual: the format if the key is absent; nil for the key's default.
  private func format(
    _ f: Fields, _ key: Key<Precision>, _ path: String, usual: Precision? = nil
  ) -> Precision? {
    if let usual, !f.isWritten(key), usual != .fp8 { return usual }
    return problems.format(f, key, path, on: cluster?.node.gpu)
  }

  /// How GPUs with the same parameters divide their states; nil if it cannot be determined.
  func sharding(_ layout: ParallelLayout?, _ order: UserSchedule?) -> StateSharding? {
    guard !fields.isRefused(TrainingKeys.sharding) else { return nil }
    let f = fields.given(TrainingKeys.sharding) ?? Fields()
    guard let states = f.value(ShardingKeys.states), let replicas = f.value(ShardingKeys.replicate),
      let prefetches = f.value(ShardingKeys.prefetch), let overlaps = f.value(ShardingKeys.overlap),
      !f.isRefused(ShardingKeys.reduce),
      !f.isRefused(ShardingKeys.reshard)
    else { return nil }
    let usual = (layout?.pipeline ?? 1) == 1
    let sharding = StateSharding(
      states: states, replicas: replicas, reduction: f.given(ShardingKeys.reduce),
      reshards: f.given(ShardingKeys.reshard) ?? usual, prefetches: prefetches,
      overlapsReduction: overlaps && states < .gradients)
    checkWeightCopies(states, overlaps: overlaps, order)
    checkParameterKeys(f, states)
    if let layout { checkReplicas(sharding, layout, copies: weightCopies(order) ?? 1) }
    return sharding
  }

  /// Checks that divided widths are whole blocks of the recipe's scales.
  func checkWidths(_ precision: TrainingPrecision, _ sharding: LayerSharding) {
    guard let model, let block = precision.recipe.undividedBlock else { return }
    let dense = model.denseLayers > 0 ? model.denseIntermediate : 0
    let widths: [(width: Int, gpus: Int, key: String, what: String)] = [
      (dense, sharding.tensor, "tensor", "the dense feed-forward"),
      (model.experts?.sharedWidth ?? 0, sharding.tensor, "tensor", "shared experts"),
      (model.experts?.intermediate ?? 0, sharding.expertTensor, "expert_tensor", "routed experts"),
    ]
    for (width, gpus, key, what) in widths where gpus > 1 && width % (gpus * block) != 0 {
      let legal = (1...width).filter { width % ($0 * block) == 0 }
      problems.add(
        "training.parallel.\(key)",
        "\"\(gpus)\" does not divide the \(width) columns of \(what) into blocks of \(block), which"
          + " \(precision.recipe.rawValue) scales",
        allowed: "nearest: \(nearestText(to: gpus, among: legal.isEmpty ? [1] : legal))")
    }
  }

  /// The states of the optimizer in host memory; nil if there are none, or if they are invalid.
  func offload() -> OptimizerOffload? {
    guard let f = fields.given(TrainingKeys.offload), let share = f.value(OffloadKeys.share),
      let updater = f.value(OffloadKeys.updater), let overlaps = f.value(OffloadKeys.overlap),
      let link = f.value(OffloadKeys.link), let hostMemory = f.value(OffloadKeys.hostMemory)
    else { return nil }
    return OptimizerOffload(
      share: share, updater: updater, overlaps: overlaps, link: link, hostMemory: hostMemory)
  }

  /// Checks that gradients are not reduced in every microbatch if two ranks hold them.
  private func checkWeightCopies(
    _ states: StateSharding.States, overlaps: Bool, _ order: UserSchedule?
  ) {
    let name = fields.given(TrainingKeys.schedule)
    guard let copies = weightCopies(order), copies > 1 else { return }
    if overlaps, states < .gradients {
      problems.add(
        "training.sharding.overlap_gradients",
        "\"true\" is not supported with \(name ?? "an order") whose ranks hold two copies of the"
          + " weights", allowed: "expected: false, or a schedule with one copy")
    }
    guard states >= .gradients else { return }
    problems.add(
      "training.sharding.states",
      "\"\(states.rawValue)\" is not supported with \(name ?? "an order") whose ranks hold two"
        + " copies of the weights", allowed: "expected: optimizer, or a schedule with one copy")
  }

  /// Checks that keys of sharded parameters are only written with them.
  private func checkParameterKeys(_ f: Fields, _ states: StateSharding.States) {
    guard states != .parameters else { return }
    for key in [ShardingKeys.reshard, ShardingKeys.prefetch] where f.isWritten(key) {
      problems.add(
        "training.sharding.\(key.name)", "needs sharded parameters",
        allowed: "expected: parameters as training.sharding.states, or no \(key.name)")
    }
  }

  /// Copies of the weights in a pipeline; nil if the schedule is unknown.
  private func weightCopies(_ order: UserSchedule?) -> Int? {
    let name = fields.given(TrainingKeys.schedule)
    return order?.weightCopies ?? name.flatMap { ScheduleCatalogue.named($0)?.shape.weightCopies }
  }

  /// GPUs that hold the same parameters.
  private struct Holders {
    var what: String
    var count: Int
    /// Those of them that share a scale-up domain.
    var perDomain: Int

    /// Whether a number of replicas gives shards whose GPUs lie inside domains or fill whole ones:
    /// traffic between domains is counted by whole ones.
    func areWhole(_ replicas: Int, copies: Int) -> Bool {
      guard count % replicas == 0 else { return false }
      let shards = count * copies / replicas
      return perDomain % shards == 0 || shards % perDomain == 0
    }
  }

  /// Checks that the replicas of shards divide the GPUs that hold the same parameters, and that the
  /// GPUs of a shard's replica lie alike in domains.
  private func checkReplicas(
    _ sharding: StateSharding, _ layout: ParallelLayout, copies: Int
  ) {
    let path = "training.sharding.replicate"
    let replicas = sharding.replicas
    guard replicas > 1 else { return }
    guard sharding.states != .none else {
      problems.add(
        path, "\"\(replicas)\" needs states that are divided",
        allowed: "expected: optimizer, gradients or parameters as training.sharding.states")
      return
    }
    let gpus = min(cluster?.gpusPerDomain ?? layout.gpusPerRank, layout.gpusPerRank)
    var holders = [
      Holders(
        what: "parameters", count: layout.data * layout.context,
        perDomain: max(1, gpus / layout.tensor))
    ]
    // A rank that is smaller than its expert group is refused elsewhere.
    if model?.experts != nil, layout.expertReplicas > 0 {
      holders.append(
        Holders(
          what: "experts", count: layout.expertReplicas,
          perDomain: max(1, gpus / layout.expertGPUs)))
    }
    let legal = (1...max(1, holders[0].count)).filter { replicas in
      holders.allSatisfy { $0.areWhole(replicas, copies: copies) }
    }
    let nearest = nearestText(to: replicas, among: legal)
    for group in holders where !group.areWhole(replicas, copies: copies) {
      let isDivided = group.count % replicas == 0
      problems.add(
        path,
        isDivided
          ? "\"\(replicas)\" leaves \(group.count * copies / replicas) shards of \(group.what),"
            + " which neither divide the \(group.perDomain) replicas of a scale-up domain nor"
            + " consist of whole ones"
          : "\"\(replicas)\" does not divide the \(group.count) GPUs that hold the same"
            + " \(group.what)",
        allowed: nearest.isEmpty ? nil : "nearest: \(nearest)")
      return
    }
  }
}
