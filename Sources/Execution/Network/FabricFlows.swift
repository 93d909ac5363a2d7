// What lies between the ports of a step's GPUs: network flows are split by the routes that the
// fabric of a cluster gives them, and cross its switch links.
//
// With every GPU simulated each has its own flows, one for each set of switch links - not for each
// peer - and all share the links of the fabric. A member that stands for others has the mean of its
// class's flows and an even share of each link that they cross, so the two agree where the GPUs
// under a switch send alike. The NIC into which peers send is the one of the GPU itself, as in the
// exchanges. Parallel cables are one link: routing spreads flows evenly, and collisions of hashed
// routes (ECMP) are not seen. A phase is as late as the longest route of its class.

import Cluster
import Recording
import Units

/// Which GPUs of a cluster a program's ranks are: those of a rank are numbered together.
package struct RankMembers: Hashable, Sendable {
  /// Ranks of the program.
  package var ranks: Int
  /// The GPUs of each rank that are simulated.
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
  /// Whether members have shares of links, not the links themselves.
  let hasShares: Bool
  /// Classes of switch links, in the order of their numbers among a member's shares.
  let classes: [LinkClass]
  /// What `GPULinks` has to know of the links.
  package let switches: [GPULinks.Switch]

  /// Who receives what a GPU sends.
  package enum Peers {
    /// GPUs that send as much back; each GPU's own ports stand for those of its peers.
    case mutual((_ gpu: Int) -> [Int])
    /// The GPU with the same place in another rank.
    case rank(Int)
  }

  /// Nil where only the ports of GPUs limit bandwidth.
  ///
  /// - Parameter hasShares: whether every member has its shares of switch links; else all share the
  ///   links themselves.
  /// - Precondition: the network joins all nodes; without shares every GPU is a member.
  package init?(_ cluster: ClusterSpec, members: RankMembers, hasShares: Bool) {
    guard Fabric.isNeeded(for: cluster) else { return nil }
    precondition(hasShares || members.representatives.isComplete, "members stand for no others")
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

  /// All links, numbered in their class.
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

  /// A transfer of a rank with the network flows of its phases on the routes of the fabric.
  ///
  /// - Parameter peers: for each phase who receives, or nil for a phase inside nodes.
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

  /// The routes of what a rank sends to the same peers, for all phases that go there.
  ///
  /// - Complexity: O(GPUs of the rank x peers).
  package func routes(of rank: Int, links: GPULinks, to peers: Peers) -> FabricRoutes {
    FabricRoutes(self, rank: rank, links: links, to: peers)
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
