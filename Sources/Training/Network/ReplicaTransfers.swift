// The exchanges of GPUs that hold the same parameters: reductions of gradients and gathers of
// parameters, over the scale-up fabric inside domains, then over the network.

import Cluster
import Execution
import ModelCost
import Units

/// Bytes of gradients or parameters that are exchanged at once.
struct ExchangedBytes {
  /// Outside routed experts, and in them.
  private(set) var outside: Double
  private(set) var experts: Double

  /// Gradients with a number of bytes each.
  init(gradients parameters: ShardedParameters, bytes: Int) {
    outside = parameters.outside * Double(bytes)
    experts = parameters.experts * Double(bytes)
  }

  /// Shards of gradients.
  init(gradientShards parameters: ShardedParameters, bytes: Int) {
    self.init(gradients: parameters, bytes: bytes)
    outside /= Double(parameters.outsideShards)
    experts /= Double(parameters.expertShards)
  }

  /// Updated weights.
  init(weights parameters: ShardedParameters, _ precision: TrainingPrecision) {
    outside = precision.gatheredBytes(
      parameters: parameters.outside, narrow: parameters.narrowOutside)
    experts = precision.gatheredBytes(
      parameters: parameters.experts, narrow: parameters.narrowExperts)
  }
}

/// Plans the exchanges of replicas.
struct ReplicaTransfers {
  private let planner: TransferPlanner
  private let counts: ReplicaCounts

  init(_ planner: TransferPlanner, _ counts: ReplicaCounts) {
    self.planner = planner
    self.counts = counts
  }

  private var layout: ParallelLayout { planner.spec.layout }
  private var replicas: Int { planner.spec.sharding.replicas }
  private var perDomain: Int { min(planner.gpusPerDomain, layout.gpusPerRank) }

  /// A collective of the GPUs that divide the states of parameters; nil if nothing is sent.
  ///
  /// - Parameter others: phases that precede it.
  func exchange(
    _ operation: CollectiveOperation, _ bytes: ExchangedBytes, rank: Int,
    after others: [TransferPhase] = []
  ) -> Transfer? {
    let phases =
      others
      + each(bytes, rank: rank) { group, bytes, peers in
        self.phases(of: group.inner, operation, bytes, to: peers)
      }
    return phases.isEmpty ? nil : Transfer(rank: rank, phases)
  }

  /// An all-reduce of shards between their replicas, under hybrid sharding.
  func shardSum(_ shards: ExchangedBytes, rank: Int) -> [TransferPhase] {
    each(shards, rank: rank) { group, bytes, peers in
      phases(of: group.outer, .allReduce, bytes, to: peers)
    }
  }

  /// All-reduces in the tensor group: of parameters that all its GPUs hold and whose gradients each
  /// has for its own tokens only, and of copied key and value heads, whose gradients each has for
  /// its own query heads.
  ///
  /// - Parameters:
  ///   - memory: the parameters of the rank.
  ///   - copies: GPUs that hold the same key and value head.
  ///   - bytes: of a gradient.
  func duplicateSum(
    _ memory: RankMemory, copies: Int, bytes: Int, rank: Int
  ) -> [TransferPhase] {
    // Gradients that are reduced in every microbatch are there as shards.
    let shards =
      planner.spec.sharding.reducesEveryMicrobatch ? Double(memory.parameters.outsideShards) : 1
    func sum(_ parameters: Double, over gpus: Int) -> [TransferPhase] {
      guard gpus > 1, parameters > 0 else { return [] }
      var group = layout.sharding
      group.tensor = gpus
      let sum = LayerCollective(
        operation: .allReduce, bytes: parameters * Double(bytes) / shards)
      return planner.groupExchange(GroupExchange(sum, group), rank: rank).phases
    }
    return sum(memory.duplicatedParameters, over: layout.sharding.tokenShards)
      + sum(memory.copiedParameters, over: copies)
  }

  /// The GPUs that divide states, and the GPUs with the same shard.
  private struct Group {
    var inner: ReplicaGroup
    var outer: ReplicaGroup

    /// - Parameters:
    ///   - count: GPUs that hold the same parameters.
    ///   - perDomain: the number of them that share a scale-up domain.
    ///   - replicas: replicas of every shard.
    init(count: Int, perDomain: Int, replicas: Int) {
      let shards = count / replicas
      let innerPerDomain = min(perDomain, shards)
      inner = ReplicaGroup(
        gpusPerDomain: innerPerDomain, domainCount: max(1, shards / innerPerDomain))
      let outerPerDomain = max(1, min(replicas, perDomain / shards))
      outer = ReplicaGroup(
        gpusPerDomain: outerPerDomain, domainCount: max(1, replicas / outerPerDomain))
    }
  }

  private func each(
    _ bytes: ExchangedBytes, rank: Int,
    _ phases: (Group, Double, Peers) -> [TransferPhase]
  ) -> [TransferPhase] {
    // With two copies of the weights, the ring includes the partner's GPUs.
    let hasPartner = counts.replicated * layout.tensor > layout.gpusPerRank
    let partner = layout.pipeline - 1 - rank
    let ranks = hasPartner && partner != rank ? [rank, partner] : [rank]
    let gpus = gpusPerDomain(of: ranks)
    // The GPUs of a domain that hold the same part of a tensor. Neighbouring GPUs hold different
    // experts, so replicas of these share a domain only if few GPUs do.
    let outside = Group(
      count: counts.replicated, perDomain: max(1, gpus / layout.tensor), replicas: replicas)
    let experts = Group(
      count: counts.expert, perDomain: max(1, gpus / layout.expertGPUs),
      replicas: min(replicas, counts.expert))
    return phases(
      outside, bytes.outside, .nextReplica(step: perDomain, ranks: ranks))
      + phases(
        experts, bytes.experts,
        .nextReplica(step: max(perDomain, layout.expertGPUs), ranks: ranks))
  }

  /// GPUs of some ranks in one scale-up domain: of all ranks if they share it, else of one.
  private func gpusPerDomain(of ranks: [Int]) -> Int {
    let isTogether = ranks.allSatisfy {
      planner.reach(from: ranks[0], to: $0) == .insideDomain
    }
    return isTogether ? min(planner.gpusPerDomain, ranks.count * layout.gpusPerRank) : perDomain
  }

  /// - Parameter peers: the next GPU of the ring over the network, which holds the same parameters.
  private func phases(
    of group: ReplicaGroup, _ operation: CollectiveOperation, _ bytes: Double, to peers: Peers
  ) -> [TransferPhase] {
    let turns = operation == .allReduce ? 2.0 : 1
    let moved = group.movedBytes(bytes * turns)
    let hops = group.hops(operation)
    let legs = [
      (Reach.insideDomain, moved.nvlink, hops.nvlink),
      (.betweenDomains, moved.network, hops.network),
    ]
    return legs.filter { $0.1 > 0 }.map { reach, bytes, hops in
      planner.phase(
        bytes, reach.course(to: peers), latency: reach.latency(on: planner.node) * hops)
    }
  }
}
