// What lies between the ports of a step's GPUs: network flows are split by the ways that the fabric
// of a cluster gives them, and cross its switch links.
//
// With every GPU simulated, each has its own flows, one for each set of switch links - not for each
// peer - and all share the links of the fabric. Folded, the GPU of a rank has the mean of its
// rank's flows and an even share of each link, that of the fullest switch; so the two agree where
// the GPUs under a switch are of one rank and send alike. The NIC into which peers send is the one
// of the GPU itself, as in the exchanges. Parallel cables are one link: routing spreads flows
// evenly, and collisions of hashed routes (ECMP) are not seen. A phase is as late as the longest
// way of its rank.

import Cluster
import Recording
import Units

/// Which GPUs of a cluster a program's ranks are.
public struct RankMembers: Hashable, Sendable {
  /// Ranks of the program.
  public var ranks: Int
  /// GPUs of each rank, which are numbered together.
  public var gpusPerRank: Int
  /// Whether every rank stands for the same GPUs, the first of the cluster, of which it is a kind:
  /// they differ in what they send, not in where it goes.
  public var areKinds: Bool

  public init(ranks: Int, gpusPerRank: Int, areKinds: Bool = false) {
    self.ranks = ranks
    self.gpusPerRank = gpusPerRank
    self.areKinds = areKinds
  }

  /// The GPUs of a rank.
  func gpus(of rank: Int) -> Range<Int> {
    let first = areKinds ? 0 : rank * gpusPerRank
    return first..<first + gpusPerRank
  }

  /// The rank that a GPU belongs to, as one rank sees it; at least `ranks` for a GPU of none.
  func owner(of gpu: Int, seenFrom rank: Int) -> Int { areKinds ? rank : gpu / gpusPerRank }
}

/// Splits the network flows of a step.
public struct FabricFlows: Sendable {
  let fabric: Fabric
  let members: RankMembers
  let gpusPerNode: Int
  let networkLatency: SimDuration
  let isFolded: Bool
  /// Classes of switch links, in the order of their numbers where a step is folded.
  let classes: [LinkClass]
  /// What `GPULinks` has to know of the links.
  public let switches: [GPULinks.Switch]

  /// Who receives what a GPU sends.
  public enum Peers {
    /// GPUs that send as much back; each GPU's own ports stand for those of its peers.
    case mutual((_ gpu: Int) -> [Int])
    /// The GPU with the same place in another rank.
    case rank(Int)
  }

  /// Nil where a cluster has nothing to say but that ports bind.
  ///
  /// - Parameter isFolded: whether one GPU of each rank is simulated.
  /// - Precondition: the network joins all nodes; ranks that are kinds of GPUs are folded.
  public init?(_ cluster: ClusterSpec, members: RankMembers, isFolded: Bool) {
    guard Fabric.isNeeded(for: cluster) else { return nil }
    precondition(isFolded || !members.areKinds, "every GPU is of one rank")
    do { fabric = try Fabric(cluster) } catch { preconditionFailure("a checked network: \(error)") }
    self.members = members
    self.isFolded = isFolded
    gpusPerNode = cluster.node.gpusPerNode
    networkLatency = cluster.node.networkLatency.duration
    let links = fabric.switchLinks
    classes = LinkClass.allCases.filter { kind in links.contains { $0.kind == kind } }
    switches =
      isFolded
      ? Self.shares(of: fabric, classes, ranks: members.ranks)
      : classes.isEmpty ? [] : Self.numbered(links)
  }

  /// Each rank's share of a link of each class.
  private static func shares(
    of fabric: Fabric, _ classes: [LinkClass], ranks: Int
  ) -> [GPULinks.Switch] {
    (0..<ranks).flatMap { rank in
      classes.compactMap { kind in
        guard let link = fabric.switchLinks.first(where: { $0.kind == kind }),
          let portClass = kind.portClass
        else { return nil }
        let share = link.capacity.value / Double(fabric.sharers(of: kind))
        return GPULinks.Switch(link: portClass, number: rank, capacity: BytesPerSecond(share))
      }
    }
  }

  /// All links, numbered in their class.
  private static func numbered(_ links: [NetworkLink]) -> [GPULinks.Switch] {
    var counts = [Int](repeating: 0, count: PortClass.allCases.count)
    return links.map { link in
      guard let portClass = link.kind.portClass,
        let row = PortClass.allCases.firstIndex(of: portClass)
      else { preconditionFailure("\(link.name) is a port") }
      counts[row] += 1
      return GPULinks.Switch(
        link: portClass, number: counts[row] - 1, capacity: link.capacity, name: link.name)
    }
  }

  /// A transfer of a rank with the network flows of its phases on the ways of the fabric.
  ///
  /// - Parameter peers: for each phase who receives, or nil for a phase inside nodes.
  public func routed(
    _ transfer: Transfer, rank: Int, links: GPULinks, peers: [Peers?]
  ) -> Transfer {
    var transfer = transfer
    for (index, peers) in peers.enumerated() {
      guard let peers else { continue }
      let ways = ways(of: rank, links: links, to: peers)
      transfer.phases[index] = ways.routed(transfer.phases[index])
    }
    return transfer
  }

  /// The ways of what a rank sends to the same peers, for all phases that go there.
  ///
  /// - Complexity: O(GPUs of the rank x peers).
  public func ways(of rank: Int, links: GPULinks, to peers: Peers) -> FabricWays {
    FabricWays(self, rank: rank, links: links, to: peers)
  }
}

extension LinkClass {
  /// The class in results; nil for listed ports of GPUs, which no fabric has among its switches.
  fileprivate var portClass: PortClass? {
    switch self {
    case .leafUp: .leafUp
    case .leafDown: .leafDown
    case .podUp: .podUp
    case .podDown: .podDown
    case .listed: .listed
    case .nvlinkOut, .nvlinkIn, .nicOut, .nicIn: nil
    }
  }
}
