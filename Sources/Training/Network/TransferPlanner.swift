// The traffic of a step, as legs of its ranks:
//
//     dispatch, combine       the pipelined legs of their kernels (ExchangeFlows)
//     pipeline transfers      a copy from one GPU to another
//     gradients, parameters   over the scale-up fabric inside domains, then over the network: two
//                             phases for each kind of parameters

import Cluster
import Execution
import ModelCost
import Units

/// Plans the transfers of a step.
struct TransferPlanner {
  /// The links that they cross.
  let network: StepNetwork
  /// The simulated GPUs of each rank.
  let representatives: Representatives
  let spec: TrainingSpec
  let node: NodeSpec
  let gpusPerDomain: Int
  private let hop: StageLink
  private let dispatch: ExchangeFlows?
  private let combine: ExchangeFlows?

  init(
    spec: TrainingSpec, model: ModelSpec, cluster: ClusterSpec, costs: BlockCosts,
    representatives: Representatives
  ) {
    self.spec = spec
    self.representatives = representatives
    let node = cluster.node
    self.node = node
    gpusPerDomain = cluster.gpusPerDomain
    hop = StageLink(spec: spec, model: model, cluster: cluster)
    func flows(_ exchange: ExpertExchange?) -> ExchangeFlows? {
      exchange.map { ExchangeFlows($0, node: node, sms: spec.communicationSMs) }
    }
    dispatch = flows(costs.exchanges?.dispatch)
    combine = flows(costs.exchanges?.combine)
    let none = [BytesPerSecond](repeating: BytesPerSecond(0), count: 3)
    network = StepNetwork(
      cluster, rankCount: spec.layout.pipeline, representatives: representatives,
      kernels: (dispatch?.rates ?? none) + (combine?.rates ?? none),
      sharesSwitches: spec.fidelity != .everyGPU || !representatives.hasEveryPlace)
  }

  /// An exchange between a rank's GPUs; `ExpertVariants.shares` gives the fraction that each of
  /// them sends.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func exchange(_ direction: ExpertExchange.Direction, rank: Int) -> Transfer {
    // To the GPU with the sender's place in each other domain of the expert group: it holds the
    // same part of its experts' widths, since the GPUs of a domain divide into such parts.
    let peers = Peers.counterparts(groupSize: spec.layout.expertGPUs)
    return Transfer(rank: rank, [flows(direction).phase(to: peers)])
  }

  /// Dispatch or combine of one GPU.
  ///
  /// - Precondition: the model has experts and they are spread over GPUs.
  func flows(_ direction: ExpertExchange.Direction) -> ExchangeFlows {
    guard let flows = direction == .dispatch ? dispatch : combine else {
      preconditionFailure("there is no exchange unless experts are spread")
    }
    return flows
  }

  /// The traffic between a GPU of a rank and its neighbours in a tensor or context group.
  func groupExchange(_ exchange: GroupExchange, rank: Int) -> Transfer {
    // A ring of a context group: to the GPU with the same index in the next tensor group.
    let group = spec.layout.sharding
    let peers: Peers =
      exchange.kind == .headExchange
      ? .everyone(groupSize: group.gpus, stride: group.tensor)
      : .next(step: group.tensor, groupSize: group.gpus)
    var sending = phase(
      exchange.bytes - exchange.bytesInside, exchange.reach.course(to: peers),
      latency: exchange.latency(on: node))
    if exchange.bytesInside > 0 {
      sending.legs.append(Leg(.scaleUp(rank: nil), bytes: exchange.bytesInside))
    }
    return Transfer(rank: rank, [sending])
  }

  /// Whether the GPUs of two ranks share a scale-up domain.
  func reach(from rank: Int, to target: Int) -> Reach { hop.reach(from: rank, to: target) }

  /// BF16 hidden states of a microbatch, or their gradients, from one rank to another.
  func hop(from rank: Int, to target: Int) -> Transfer {
    let reach = hop.reach(from: rank, to: target)
    return Transfer(
      rank: rank,
      [
        phase(
          hop.bytes, reach.course(to: .rank(target), rank: target),
          latency: reach.latency(on: node))
      ])
  }

  /// The sum of the gradients of a matrix over the ranks that hold it, by the GPUs with the same
  /// place in each.
  func copySum(_ copies: MatrixCopies, rank: Int) -> Transfer {
    let (bytes, hops) = CollectiveOperation.allReduce.ring(
      ranks: copies.ranks.count, bytes: copies.bytes)
    let isNear = copies.ranks.allSatisfy {
      hop.reach(from: copies.ranks[0], to: $0) == .insideDomain
    }
    let reach: Reach = isNear ? .insideDomain : .betweenDomains
    let peers = Peers.nextReplica(step: spec.layout.gpusPerRank, ranks: copies.ranks)
    return Transfer(
      rank: rank,
      [phase(bytes, reach.course(to: peers), latency: reach.latency(on: node) * hops)])
  }

  /// One message.
  func phase(
    _ bytes: Double, _ course: Leg.Course, latency: SimDuration
  ) -> TransferPhase {
    TransferPhase([Leg(course, bytes: bytes)], latency: latency)
  }
}
