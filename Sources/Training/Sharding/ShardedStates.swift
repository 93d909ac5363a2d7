// Bytes of weights, gradients and optimizer states on one GPU, by the formulas of the ZeRO paper.
//
// Shares are even and exact; real ones are padded. With sharded parameters or gradients, a GPU also
// holds a few units at full size: a unit is what is gathered at once, a layer with the GPU's
// experts, the embedding or the head.

import ModelCost

/// Parameters on one GPU before sharding, and the GPUs that divide their states.
struct ShardedParameters: Hashable {
  /// Outside routed experts.
  var outside = 0.0
  /// In routed experts.
  var experts = 0.0
  /// The parts of both that training multiplies in a narrow format.
  var narrowOutside = 0.0
  var narrowExperts = 0.0
  /// Bytes of the copies of these that products read.
  var copyBytes = 0.0
  /// GPUs that divide the states of each kind.
  var outsideShards = 1
  var expertShards = 1
  /// Parameters of the largest unit.
  var largestUnit = 0.0
  /// Parameters of a unit that is used first and last, and the largest one of the others: an
  /// embedding that is the head too. Zero if there is none.
  var outerUnit = 0.0
  var largestInnerUnit = 0.0

  /// All parameters.
  var total: Double { outside + experts }
  /// All that are multiplied in a narrow format.
  var narrow: Double { narrowOutside + narrowExperts }

  /// Adds the parameters of a list of weights.
  mutating func add(_ weights: [WeightTensor], _ precision: TrainingPrecision) {
    let experts = weights.filter { $0.division == .experts }
    let outside = weights.filter { $0.division != .experts }
    self.experts += Double(experts.elements)
    self.outside += Double(outside.elements)
    narrowExperts += Double(experts.narrowElements)
    narrowOutside += Double(outside.narrowElements)
    copyBytes += precision.recipe.cachedBytes(of: weights, transposes: precision.transposes)
  }

  /// Adds the parameters of other weights of the same GPU.
  mutating func add(_ other: ShardedParameters) {
    outside += other.outside
    experts += other.experts
    narrowOutside += other.narrowOutside
    narrowExperts += other.narrowExperts
    copyBytes += other.copyBytes
  }

  /// The kinds of parameters that a GPU does not hold alone.
  ///
  /// - Parameter replicas: of every shard; 1 for the GPUs that divide one replica.
  func held(withOthersOf replicas: Int) -> ShardedParameters {
    var held = self
    if outsideShards * replicas == 1 { (held.outside, held.narrowOutside) = (0, 0) }
    if expertShards * replicas == 1 { (held.experts, held.narrowExperts) = (0, 0) }
    return held
  }

  /// The parameters of one shard of each kind.
  var shard: Double { outside / Double(outsideShards) + experts / Double(expertShards) }
}

/// Bytes of states on one GPU.
struct ShardedStates: Hashable {
  var weights: Double
  var gradients: Double
  var optimizer: Double
  /// Units at full size while they are used.
  var unsharded: Double

  /// The states under a sharding.
  ///
  /// Parameters that are not freed between forward and backward are all held in BF16, as under a
  /// pipeline of FSDP2. Otherwise two units are: the one that computes and the one that is gathered
  /// beside it. One that is used first and last is held besides. Gradients of one unit are held in
  /// BF16, and in the format of their reduction.
  init(_ parameters: ShardedParameters, _ sharding: StateSharding, _ precision: TrainingPrecision) {
    func held(_ bytes: Int, from states: StateSharding.States) -> Double {
      Double(bytes) * (sharding.states >= states ? parameters.shard : parameters.total)
    }
    // Copies that products read are made of whole weights once a step.
    let replaced = precision.primary == .quantised ? parameters.narrow : 0
    weights =
      held(precision.weights.bytes, from: .parameters) + parameters.copyBytes
      - replaced * Double(precision.weights.bytes)
    gradients = held(precision.gradients.bytes, from: .gradients)
    optimizer = held(precision.optimizerBytes, from: .optimizer)
    let reduced = Double(2 + (sharding.reduction ?? precision.gradients).bytes)
    // Who holds all shards has the whole unit already.
    let isDivided = parameters.held(withOthersOf: 1).total > 0
    let units =
      parameters.outerUnit > 0
      ? parameters.outerUnit + 2 * parameters.largestInnerUnit : 2 * parameters.largestUnit
    let gathered = sharding.reshards ? 2 * units : 2 * parameters.total
    unsharded =
      switch sharding.states {
      case _ where !isDivided: 0
      case .none, .optimizer: 0
      case .gradients: reduced * parameters.largestUnit
      case .parameters: gathered + reduced * parameters.largestUnit
      }
  }
}
