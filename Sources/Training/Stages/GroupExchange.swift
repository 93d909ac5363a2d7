// Messages between GPUs that share tensors or sequences.
//
// A collective of a tensor group is a ring over NVLink inside a scale-up domain; Cluster's plan of
// the ring gives bytes and hops. A context group passes keys and values along a ring, one
// neighbour's share per step, or gathers them at once, or exchanges heads for tokens. If a context
// group does not fit in a domain, the slowest hop of its rings goes through NICs, and all their
// hops are modelled as if they did.
//
// Validity: these kernels are assumed to hold no multiprocessors, and a reduction costs only its
// traffic.

import Cluster
import Execution
import ModelCost
import Units

/// One message of a GPU in its tensor or context group.
struct GroupExchange: Hashable {
  /// Its purpose.
  var kind: OperationKind
  /// Bytes that the GPU sends; it receives the same number.
  var bytes: Double
  /// The part of them that stays in the GPU's domain, if the rest leaves it at the same time.
  var bytesInside = 0.0
  /// Pipeline latency in hops: the number of hops until the first chunk has reached every GPU.
  var hops: Int
  var reach: Reach

  /// A collective of neighbouring GPUs that share tensors.
  init(_ collective: LayerCollective, _ sharding: LayerSharding) {
    let isOfExperts = collective.group == .expertTensor
    kind =
      switch collective.operation {
      case .allGather: isOfExperts ? .expertGather : .tensorGather
      case .reduceScatter: isOfExperts ? .expertScatter : .tensorScatter
      case .allReduce: .tensorSum
      }
    (bytes, hops) = collective.operation.ring(
      ranks: isOfExperts ? sharding.expertTensor : sharding.tensor, bytes: collective.bytes)
    reach = .insideDomain
  }

  /// One step of the ring in which a tensor group gathers: the share of one GPU.
  init(ringStepOf gather: LayerCollective, gpus: Int) {
    (kind, bytes, hops) = (.tensorGather, gather.bytes / Double(gpus), 1)
    reach = .insideDomain
  }

  /// A collective of a context group on `bytes` summed over all its GPUs.
  init(_ operation: CollectiveOperation, context: Int, bytes: Double, _ reach: Reach) {
    kind = operation == .allGather ? .contextGather : .contextScatter
    (self.bytes, hops) = operation.ring(ranks: context, bytes: bytes)
    self.reach = reach
  }

  /// One step of a context group's ring.
  init(ringStep bytes: Double, _ reach: Reach) {
    kind = .contextExchange
    self.bytes = bytes
    hops = 1
    self.reach = reach
  }

  /// An exchange of heads for tokens in a context group: to each of the others at once, over the
  /// scale-up fabric to those of the GPU's domain.
  ///
  /// - Parameters:
  ///   - bytes: of all the GPU's tokens.
  ///   - neighbours: GPUs of the context group in one domain, if it spans several.
  init(heads bytes: Double, context: Int, neighbours: Int, _ reach: Reach) {
    kind = .headExchange
    let each = bytes / Double(context)
    self.bytes = each * Double(context - 1)
    bytesInside = reach == .betweenDomains ? each * Double(neighbours - 1) : 0
    hops = 1
    self.reach = reach
  }

  /// Its name in lists.
  var name: String {
    switch kind {
    case .tensorGather, .contextGather, .expertGather: CollectiveOperation.allGather.rawValue
    case .tensorScatter, .contextScatter, .expertScatter: CollectiveOperation.reduceScatter.rawValue
    case .tensorSum: CollectiveOperation.allReduce.rawValue
    case .headExchange: "all-to-all"
    default: "ring step"
    }
  }

  /// How long the last byte travels after it has left.
  func latency(on node: NodeSpec) -> SimDuration {
    reach.latency(on: node) * hops
  }

  /// Duration over otherwise idle links.
  func duration(on node: NodeSpec) -> SimDuration {
    let seconds = max(
      (bytes - bytesInside) / reach.rate(on: node).value,
      bytesInside / Reach.insideDomain.rate(on: node).value)
    return SimDuration(seconds: seconds) + latency(on: node)
  }
}

/// The exchanges around one part of a pass, as indices into `GroupExchanges`.
struct PartExchanges: Hashable {
  var before: [Int] = []
  var after: [Int] = []
}

/// The attention of one pass in a context group: steps of the ring, or one step between exchanges.
struct RingTimes {
  /// Computation before and after the attention core.
  var before: ComputeTime
  var after: ComputeTime
  /// One step.
  var block: ComputeTime
  /// The exchange that overlaps each step, as an index into `GroupExchanges`; nil if nothing is
  /// sent.
  var exchanges: [Int?]
  /// The exchanges before and after the only step; nil on a ring.
  var gather: Int?
  var scatter: Int?

  /// All exchanges in order.
  var places: [Int] { ([gather] + exchanges + [scatter]).compactMap { $0 } }
}

/// Every distinct exchange of a step's groups, with its uncontended duration.
struct GroupExchanges {
  private(set) var all: [GroupExchange] = []
  private(set) var durations: [SimDuration] = []

  /// The index of an exchange, which is added if it is new.
  mutating func place(of exchange: GroupExchange, on node: NodeSpec) -> Int {
    if let known = all.firstIndex(of: exchange) { return known }
    all.append(exchange)
    durations.append(exchange.duration(on: node))
    return all.count - 1
  }
}
