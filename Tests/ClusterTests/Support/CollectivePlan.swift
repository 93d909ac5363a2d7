// All-reduce, reduce-scatter and all-gather as flows between ranks, by ring, double tree or two
// levels. A plan is a list of consecutive phases. Chunks are pipelined within a phase, so its flows
// run concurrently and only the path of the first chunk adds latency.
//
// Not modelled: the cost of the reduction, and the protocols (LL, LL128) that trade bandwidth for
// latency.

import Units

@testable import Cluster

/// How the bytes travel.
enum CollectiveAlgorithm: String, CaseIterable, Hashable, Sendable {
  /// One ring through all ranks per rank of a node; each ring leaves the nodes by a different NIC.
  case ring
  /// Two complementary binary trees with half of the bytes each; only for all-reduce.
  case tree
  /// Inside nodes, then between equal positions of the nodes, then inside nodes again.
  case hierarchical
}

/// The flows of a collective.
struct CollectivePlan: Hashable, Sendable {
  /// Bytes from one rank to another. Ranks are positions in the group.
  struct Send: Hashable, Sendable {
    /// The rank that sends.
    var from: Int
    /// The rank that receives.
    var to: Int
    /// The number of bytes.
    var bytes: Double
  }

  /// Sends that run concurrently.
  struct Phase: Hashable, Sendable {
    /// In a fixed order.
    var sends: [Send]
    /// Pipeline latency in hops, until the first chunk has reached every rank.
    var steps: Int
  }

  /// GPUs of the group, by rank.
  var ranks: [Int]
  /// Consecutive phases.
  var phases: [Phase]

  /// Plans a collective between GPUs.
  ///
  /// - Parameters:
  ///   - ranks: the GPUs; those of one node are consecutive.
  ///   - bytes: the size of a rank's whole buffer.
  /// - Returns: nil if the algorithm does not support the operation or the ranks: a tree supports
  ///   only all-reduce, and two levels need nodes with equal numbers of ranks.
  /// - Precondition: there is at least one rank, and no rank is repeated.
  init?(
    _ operation: CollectiveOperation, _ algorithm: CollectiveAlgorithm, ranks: [Int],
    gpusPerNode: Int, bytes: Double
  ) {
    precondition(!ranks.isEmpty && Set(ranks).count == ranks.count, "distinct ranks")
    self.ranks = ranks
    let nodes = Self.positionsByNode(ranks, gpusPerNode)
    guard ranks.count > 1 else {
      phases = []
      return
    }
    switch algorithm {
    case .ring: phases = [Self.rings(operation, nodes, bytes)]
    case .tree:
      guard operation == .allReduce else { return nil }
      phases = [Self.doubleTree(ranks.count, bytes)]
    case .hierarchical:
      guard let share = nodes.first?.count, nodes.allSatisfy({ $0.count == share }) else {
        return nil
      }
      phases = Self.twoLevels(operation, nodes, bytes)
    }
  }

  /// The bytes that a rank sends in all phases.
  func bytesSent(by rank: Int) -> Double {
    phases.reduce(0) { sum, phase in
      phase.sends.reduce(sum) { $1.from == rank ? $0 + $1.bytes : $0 }
    }
  }

  /// Runs the plan alone on a topology.
  ///
  /// - Returns: the seconds until every rank has its result.
  func seconds(on topology: Wiring) -> Double {
    var network = topology.makeNetwork()
    var arrivals: [TransferArrival] = []
    for (index, phase) in phases.enumerated() {
      network.begin(index, requests(of: phase, on: topology))
      var end: SimTime?
      while end == nil, let time = network.nextCompletion() {
        arrivals.removeAll(keepingCapacity: true)
        network.advance(to: time, arrivals: &arrivals)
        end = arrivals.last?.time
      }
      if let end { network.advance(to: end, arrivals: &arrivals) }
    }
    return network.network.now.seconds
  }

  /// The flows of a phase. The latency of a send is that of the slowest hop times the number of
  /// steps.
  func requests(of phase: Phase, on topology: Wiring) -> [FlowRequest] {
    var flows = phase.sends.map { send in
      let (path, latency) = topology.route(from: ranks[send.from], to: ranks[send.to])
      return FlowRequest(path: path, bytes: send.bytes, latency: latency)
    }
    let slowest = flows.map(\.latency).max() ?? .zero
    for index in flows.indices { flows[index].latency = slowest * phase.steps }
    return flows
  }

  /// Positions of the group's ranks, node by node in the order of the group.
  private static func positionsByNode(_ ranks: [Int], _ gpusPerNode: Int) -> [[Int]] {
    var nodes: [(node: Int, positions: [Int])] = []
    for (position, gpu) in ranks.enumerated() {
      if let index = nodes.firstIndex(where: { $0.node == gpu / gpusPerNode }) {
        nodes[index].positions.append(position)
      } else {
        nodes.append((gpu / gpusPerNode, [position]))
      }
    }
    return nodes.map(\.positions)
  }
}
