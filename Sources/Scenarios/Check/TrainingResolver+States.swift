// Formats and sharding of a training step's states and activations.

import ModelCost
import Schedules
import Training

extension TrainingResolver {
  func precision() -> TrainingPrecision? {
    let f = fields.given(TrainingKeys.precision) ?? Fields()
    guard !fields.isRefused(TrainingKeys.precision) else { return nil }
    let path = "training.precision"
    let gemm = format(f, PrecisionKeys.gemm, path)
    let dispatch = format(f, PrecisionKeys.dispatch, path)
    let combine = format(f, PrecisionKeys.combine, path)
    let weights = format(f, PrecisionKeys.weights, path)
    guard let gemm, let dispatch, let combine, let weights,
      let gradients = f.value(PrecisionKeys.gradients),
      let master = f.value(PrecisionKeys.master), let moments = f.value(PrecisionKeys.moments)
    else { return nil }
    if master.value == nil, weights != .fp32 {
      problems.add(
        "\(path).master", "\"none\" needs weights that the optimizer can update",
        allowed: "expected: fp32 as \(path).weights, or bf16 or fp32 as master")
      return nil
    }
    return TrainingPrecision(
      gemm: gemm, dispatch: dispatch, combine: combine, weights: weights, gradients: gradients,
      master: master.value, moments: moments)
  }

  func activations() -> ActivationPolicy? {
    let f = fields.given(TrainingKeys.activations) ?? Fields()
    guard !fields.isRefused(TrainingKeys.activations),
      let cached = format(f, ActivationKeys.cached, "training.activations"),
      let recompute = f.value(ActivationKeys.recompute)
    else { return nil }
    return ActivationPolicy(recompute: Set(recompute), cached: cached)
  }

  private func format(_ f: Fields, _ key: Key<Precision>, _ path: String) -> Precision? {
    problems.format(f, key, path, on: cluster?.node.gpu)
  }

  /// How GPUs with the same parameters divide their states; nil if it cannot be determined.
  func sharding(_ layout: ParallelLayout?, _ order: UserSchedule?) -> StateSharding? {
    guard !fields.isRefused(TrainingKeys.sharding) else { return nil }
    let f = fields.given(TrainingKeys.sharding) ?? Fields()
    guard let states = f.value(ShardingKeys.states), let replicas = f.value(ShardingKeys.replicate),
      let prefetches = f.value(ShardingKeys.prefetch), !f.isRefused(ShardingKeys.reduce),
      !f.isRefused(ShardingKeys.reshard)
    else { return nil }
    let usual = (layout?.pipeline ?? 1) == 1
    let sharding = StateSharding(
      states: states, replicas: replicas, reduction: f.given(ShardingKeys.reduce),
      reshards: f.given(ShardingKeys.reshard) ?? usual, prefetches: prefetches)
    checkWeightCopies(states, order)
    checkParameterKeys(f, states)
    if let layout { checkReplicas(sharding, layout) }
    return sharding
  }

  /// Checks that gradients are not reduced in every microbatch if two ranks hold them.
  private func checkWeightCopies(_ states: StateSharding.States, _ order: UserSchedule?) {
    let name = fields.given(TrainingKeys.schedule)
    let copies =
      order?.weightCopies ?? name.flatMap { ScheduleCatalogue.named($0)?.shape.weightCopies }
    guard states >= .gradients, let copies, copies > 1 else { return }
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

  /// Checks that the replicas of shards divide the GPUs that hold the same parameters.
  private func checkReplicas(_ sharding: StateSharding, _ layout: ParallelLayout) {
    let path = "training.sharding.replicate"
    let (replicas, holders) = (sharding.replicas, layout.data * layout.context)
    guard replicas > 1 else { return }
    func refuse(_ holders: Int, _ what: String) {
      let legal = (1...holders).filter { holders % $0 == 0 }
      problems.add(
        path, "\"\(replicas)\" does not divide the \(holders) GPUs that hold the same \(what)",
        allowed: "nearest: \(nearestText(to: replicas, among: legal))")
    }
    if sharding.states == .none {
      problems.add(
        path, "\"\(replicas)\" needs states that are divided",
        allowed: "expected: optimizer, gradients or parameters as training.sharding.states")
    } else if holders % replicas != 0 {
      refuse(holders, "parameters")
    } else if model?.experts != nil {
      let expertHolders = layout.gpusPerRank / layout.expert
      if expertHolders % replicas != 0 { refuse(expertHolders, "experts") }
    }
  }
}
