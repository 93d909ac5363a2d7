// The exchanges of tensor and context groups in each kind of block, computed once.

import Cluster
import Execution
import ModelCost
import Units

/// Adds the exchanges with the GPUs that share layers to the costs of a step's blocks.
struct GroupCosts {
  let cluster: ClusterSpec
  let builder: LayerKernelBuilder
  let layout: ParallelLayout
  /// The duration of kernels that run one after another on all but some multiprocessors.
  let time: ([Kernel], Int) -> ComputeTime
  var exchanges = GroupExchanges()

  /// - Parameter time: the duration of kernels that run one after another, beside communication
  ///   that holds some multiprocessors.
  init(
    cluster: ClusterSpec, builder: LayerKernelBuilder, layout: ParallelLayout,
    time: @escaping ([Kernel], Int) -> ComputeTime
  ) {
    self.cluster = cluster
    self.builder = builder
    self.layout = layout
    self.time = time
  }

  var sharding: LayerSharding { layout.sharding }

  /// Adds the exchanges of a kind of block to its costs.
  mutating func fill(_ cost: inout BlockCost, kind: LayerKind, kernels: LayerKernels) {
    let collectives = builder.collectives(of: kind)
    for part in LayerKernels.Part.allCases {
      for pass in LayerKernels.Pass.allCases {
        var around = PartExchanges(
          before: places(of: collectives[before: part, pass]),
          after: places(of: collectives[after: part, pass]))
        cost[pieces: part, pass] = pipelined(
          part, pass, kernels[part, pass], collectives, &around)
        cost[exchanges: part, pass] = around
      }
    }
    if cost.recomputed == .dense {
      // The same collectives as in the forward: they are around the part already, or in its pieces.
      var around = PartExchanges(
        before: places(of: collectives[before: .feedForward, .forward]),
        after: places(of: collectives[after: .feedForward, .forward]))
      cost.again.pieces = pipelined(
        .feedForward, .forward, builder.normedFeedForward, collectives, &around)
    }
    guard sharding.context > 1 else { return }
    cost.ringForward = attention(kernels[.attention, .forward], returnsGradients: false)
    cost.ringBackward = attention(kernels[.attention, .backwardInput], returnsGradients: true)
  }

  private mutating func places(of collectives: [LayerCollective]) -> [Int] {
    collectives.map {
      exchanges.place(of: GroupExchange($0, sharding), on: cluster.node)
    }
  }

  /// The attention of a pass, split around its core; nil if there is none.
  private mutating func attention(_ kernels: [Kernel], returnsGradients: Bool) -> RingTimes? {
    let core = returnsGradients ? KernelClass.attentionBackward : .attentionForward
    guard let place = kernels.firstIndex(where: { $0.kernelClass == core }) else { return nil }
    let before = time(Array(kernels[..<place]), 0)
    let after = time(Array(kernels[(place + 1)...]), 0)
    switch sharding.contextExchange {
    case .ring:
      let block = kernels[place].times(1 / Double(sharding.context))
      return RingTimes(
        before: before, after: after, block: time([block], 0),
        exchanges: ringExchanges(returnsGradients))
    case .gather:
      return RingTimes(
        before: before, after: after, block: time([kernels[place]], 0), exchanges: [nil],
        gather: collective(.allGather),
        scatter: returnsGradients ? collective(.reduceScatter) : nil)
    case .headExchange:
      // The gradients of both exchanges are exchanges of the same sizes, in the opposite order.
      let bytes = builder.headExchangeBytes
      let (first, last) =
        returnsGradients ? (bytes.output, bytes.inputs) : (bytes.inputs, bytes.output)
      return RingTimes(
        before: before, after: after, block: time([kernels[place]], 0), exchanges: [nil],
        gather: headExchange(first), scatter: headExchange(last))
    }
  }

  private mutating func headExchange(_ bytes: Double) -> Int {
    let neighbours = max(1, min(sharding.context, cluster.gpusPerDomain / sharding.tensor))
    return exchanges.place(
      of: GroupExchange(heads: bytes, context: sharding.context, neighbours: neighbours, reach),
      on: cluster.node)
  }

  /// Whole groups fill a domain, or it holds all GPUs of the step.
  private var reach: Reach {
    let perDomain = cluster.gpusPerDomain
    return perDomain % sharding.gpus == 0 || layout.gpuCount <= perDomain
      ? .insideDomain : .betweenDomains
  }

  /// A collective on the keys and values of whole sequences.
  private mutating func collective(_ operation: CollectiveOperation) -> Int {
    exchanges.place(
      of: GroupExchange(
        operation, context: sharding.context,
        bytes: builder.keyValueBytes * Double(sharding.context), reach),
      on: cluster.node)
  }

  /// The exchange that overlaps each step of the ring.
  ///
  /// Keys and values are sent on while a step computes with them, and arrive for the next step. In
  /// the backward their gradients follow one step behind, and the last of them reach their owner
  /// during the last step (Transformer Engine's attention with `cp_comm_type: p2p`).
  private mutating func ringExchanges(_ returnsGradients: Bool) -> [Int?] {
    let steps = sharding.context
    let bytes = builder.keyValueBytes
    var beside: [Int?] = []
    for step in 0..<steps {
      let gradients = returnsGradients && step > 0 ? bytes : 0
      let sent = (step + 1 < steps ? bytes : 0) + gradients
      beside.append(
        sent > 0
          ? exchanges.place(of: GroupExchange(ringStep: sent, reach), on: cluster.node) : nil)
    }
    return beside
  }
}
