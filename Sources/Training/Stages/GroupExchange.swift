// What a GPU sends to those with which it shares tensors or sequences.
//
// A collective of a tensor group is a ring over NVLink inside a node: Cluster's plan of it gives
// bytes and hops. A context group passes keys and values along a ring, a neighbour's share in each
// step, or gathers them in one. Where such a group does not fit a node, its slowest hop goes
// through NICs, and all hops are modelled as if they did.
//
// Validity: these kernels hold no multiprocessors here, and a reduction costs only its traffic.

import Cluster
import Execution
import ModelCost
import Units

/// One message of a GPU in its tensor or context group.
struct GroupExchange: Hashable {
  /// What it is for.
  var kind: OperationKind
  /// Bytes that the GPU sends, as many as it receives.
  var bytes: Double
  /// Pipeline latency in hops: how many the first chunk takes to reach every GPU.
  var hops: Int
  var reach: Reach

  /// A collective of `tensor` neighbouring GPUs.
  init(_ collective: LayerCollective, tensor: Int) {
    kind =
      switch collective.operation {
      case .allGather: .tensorGather
      case .reduceScatter: .tensorScatter
      case .allReduce: .tensorSum
      }
    (bytes, hops) = collective.operation.ring(ranks: tensor, bytes: collective.bytes)
    reach = .insideNode
  }

  /// A collective of a context group on `bytes` of all its GPUs together.
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

  /// Its name in lists.
  var name: String {
    switch kind {
    case .tensorGather, .contextGather: CollectiveOperation.allGather.rawValue
    case .tensorScatter, .contextScatter: CollectiveOperation.reduceScatter.rawValue
    case .tensorSum: CollectiveOperation.allReduce.rawValue
    default: "ring step"
    }
  }

  /// How long the last byte travels after it has left.
  func latency(on node: NodeSpec) -> SimDuration {
    reach.latency(on: node) * hops
  }

  /// Time over links that carry nothing else.
  func duration(on node: NodeSpec) -> SimDuration {
    SimDuration(seconds: bytes / reach.rate(on: node).value) + latency(on: node)
  }
}

/// The exchanges around one part of a pass, as places in `GroupExchanges`.
struct PartExchanges: Hashable {
  var before: [Int] = []
  var after: [Int] = []
}

/// The attention of one pass in a context group: steps of the ring, or one between collectives.
struct RingTimes {
  /// What precedes the attention core, and what follows it.
  var before: ComputeTime
  var after: ComputeTime
  /// One step.
  var block: ComputeTime
  /// The exchange beside each step, as a place in `GroupExchanges`; nil if nothing travels.
  var exchanges: [Int?]
  /// The collectives before the only step and after it; nil on a ring.
  var gather: Int?
  var scatter: Int?

  /// All exchanges in order.
  var places: [Int] { ([gather] + exchanges + [scatter]).compactMap { $0 } }
}

/// Every different exchange of a step's groups, with the time that it takes alone.
struct GroupExchanges {
  private(set) var all: [GroupExchange] = []
  private(set) var durations: [SimDuration] = []

  /// The place of an exchange, which is added where it is new.
  mutating func place(of exchange: GroupExchange, on node: NodeSpec) -> Int {
    if let known = all.firstIndex(of: exchange) { return known }
    all.append(exchange)
    durations.append(exchange.duration(on: node))
    return all.count - 1
  }
}
