// The network between the ports of a step's GPUs: network flows are split over the routes of the
// cluster's fabric and cross its switch links.
//
// If every GPU is simulated, each has its own flows, one for each set of switch links rather than
// for each peer, and all flows share the links of the fabric. A member that represents others has
// the mean flows of its class and an even share of each link they cross. Both models agree if the
// GPUs under a switch send alike. The receiving NIC of a peer is represented by the GPU's own NIC,
// as in the exchanges. Parallel cables are one link: routing spreads flows evenly, and collisions
// of hashed routes (ECMP) are not modelled. A phase has the latency of the longest route of its
// class.

import Cluster
import Recording
import Units

/// The GPUs of a cluster that run a program's ranks: the GPUs of a rank are numbered consecutively.
package struct RankMembers: Hashable, Sendable {
  /// Ranks of the program.
  package var ranks: Int
  /// The simulated GPUs of each rank.
  package var representatives: Representatives

  package init(ranks: Int, representatives: Representatives) {
    self.ranks = ranks
    self.representatives = representatives
  }

  /// GPUs of each rank.
  var gpusPerRank: Int { representatives.gpuCount }
}

/// Splits the network flows of a step.
package struct FabricFlows: Sendable {
  let fabric: Fabric
  let members: RankMembers
  /// The class of each GPU of a rank, and the first member of each class.
  let classOfGPU: [Int]
  let memberOfClass: [Int]
  let gpusPerNode: Int
  let networkLatency: SimDuration
  /// Whether each member has its own shares of links instead of the links themselves.
  let hasShares: Bool
  /// Classes of switch links, in the order of a member's shares.
  let classes: [LinkClass]
  /// The switch links, as `GPULinks` needs them.
  package let switches: [GPULinks.Switch]

  /// The receivers of a GPU's traffic.
  package enum Peers {
    /// GPUs that send the same amount back; each GPU's own ports represent those of its peers.
    case mutual((_ gpu: Int) -> [Int])
    /// The GPU with the same index in another rank.
    case rank(Int)
  }

  /// Nil if only the ports of GPUs limit bandwidth.
  ///
  /// - Parameter hasShares: whether every member has its own shares of switch links; otherwise all
  ///   members share the links themselves.
  /// - Precondition: the network joins all nodes; without shares every GPU is a member.
  package init?(_ cluster: ClusterSpec, members: RankMembers, hasShares: Bool) {
    guard Fabric.isNeeded(for: cluster) else { return nil }
    precondition(hasShares || members.representatives.isComplete, "members represent no other GPUs")
    do { fabric = try Fabric(cluster) } catch { preconditionFailure("a checked network: \(error)") }
    self.members = members
    self.hasShares = hasShares
    classOfGPU = members.representatives.classOfGPU
    memberOfClass = members.representatives.classes.indices.map { index in
      members.representatives.members.firstIndex { $0.ofClass == index } ?? 0
    }
    gpusPerNode = cluster.node.gpusPerNode
    networkLatency = cluster.node.networkLatency.duration
    let links = fabric.switchLinks
    classes = LinkClass.allCases.filter { kind in links.contains { $0.kind == kind } }
    switches =
      hasShares
      ? Self.shares(of: fabric, classes, members, SwitchStates(cluster, fabric))
      : classes.isEmpty ? [] : Self.numbered(links)
  }

  /// Each member's share of a link of each class.
  private static func shares(
    of fabric: Fabric, _ classes: [LinkClass], _ members: RankMembers, _ states: SwitchStates
  ) -> [GPULinks.Switch] {
    members.representatives.members.enumerated().flatMap { index, member in
      (0..<members.ranks).flatMap { rank in
        classes.compactMap { kind -> GPULinks.Switch? in
          guard let link = fabric.switchLinks.first(where: { $0.kind == kind }),
            let portClass = kind.portClass
          else { return nil }
          let left = states.remaining(of: kind, at: rank * members.gpusPerRank + member.gpu)
          let whole = link.capacity.value / states.remaining(of: link)
          return GPULinks.Switch(
            link: portClass, number: rank, member: index, gpus: member.weight,
            capacity: BytesPerSecond(whole * left / Double(fabric.sharers(of: kind))))
        }
      }
    }
  }

  /// All links, numbered within their class.
  private static func numbered(_ links: [NetworkLink]) -> [GPULinks.Switch] {
    var counts = EnumTable<PortClass, Int>(repeating: 0)
    return links.map { link in
      guard let portClass = link.kind.portClass else {
        preconditionFailure("\(link.name) is a port")
      }
      defer { counts[portClass] += 1 }
      return GPULinks.Switch(
        link: portClass, number: counts[portClass], capacity: link.capacity, name: link.name)
    }
  }

  /// A transfer of a rank, with the network flows of its phases on the routes of the fabric.
  ///
  /// - Parameter peers: the receivers of each phase, or nil for a phase inside nodes.
  package func routed(
    _ transfer: Transfer, rank: Int, links: GPULinks, peers: [Peers?]
  ) -> Transfer {
    var transfer = transfer
    for (index, peers) in peers.enumerated() {
      guard let peers else { continue }
      let routes = routes(of: rank, links: links, to: peers)
      transfer.phases[index] = routes.routed(transfer.phases[index])
    }
    return transfer
  }

  /// The routes from a rank to certain peers, for all phases with these peers.
  ///
  /// - Complexity: O(GPUs of the rank x peers).
  package func routes(of rank: Int, links: GPULinks, to peers: Peers) -> FabricRoutes {
    FabricRoutes(self, rank: rank, links: links, to: peers)
  }
}

extension LinkClass {
  /// The class in results; nil for listed GPU ports, which are never switch links of a fabric.
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
