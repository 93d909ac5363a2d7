// The links of a program: for each member of each rank its ports, and the rates at which kernels
// can feed them.
//
// A member sends to GPUs that send as much to it, so an all-to-all is a flow out of and into its
// own ports; a transfer between ranks leaves one GPU's port and enters another one's. What shares a
// port shares its bandwidth: exchanges of a rank, transfers between stages, gradients. Links
// between switches, where a topology has them, follow the ports of all members.

import Cluster
import Recording
import Units

/// Numbers and capacities of the links of a program.
package struct GPULinks: Sendable {
  /// A link of one GPU.
  package enum Port: Int, CaseIterable, Sendable {
    case nicOut
    case nicIn
    case nvlinkOut
    case nvlinkIn
    /// What the exchange kernels feed into network and NVLink, and what their SMs copy.
    case dispatchNetwork
    case dispatchNVLink
    case dispatchKernel
    case combineNetwork
    case combineNVLink
    case combineKernel

    /// The class of a port that bytes leave or enter a GPU through; nil for a kernel's rate.
    package var portClass: PortClass? {
      switch self {
      case .nicOut: .nicOut
      case .nicIn: .nicIn
      case .nvlinkOut: .nvlinkOut
      case .nvlinkIn: .nvlinkIn
      case .dispatchNetwork, .dispatchNVLink, .dispatchKernel, .combineNetwork, .combineNVLink,
        .combineKernel:
        nil
      }
    }
  }

  /// Capacity of every link without faults.
  package let capacities: [BytesPerSecond]
  /// Ranks of the program.
  package let rankCount: Int
  /// Degraded ports of GPUs that are simulated themselves.
  package let faults: [Fault]
  /// Links between the ports; their numbers follow those of the ports of all members.
  package let switches: [Switch]

  /// No links, for programs without transfers.
  package static let none = GPULinks(
    rankCount: 0, portCapacities: Port.allCases.map { _ in .init(0) })

  /// - Parameter portCapacities: capacities of one GPU's links, in the order of `Port`.
  package init(
    rankCount: Int, portCapacities: [BytesPerSecond], faults: [Fault] = [],
    switches: [Switch] = []
  ) {
    precondition(portCapacities.count == Port.allCases.count, "each port has a capacity")
    self.rankCount = rankCount
    self.faults = faults
    self.switches = switches
    capacities = (0..<rankCount).flatMap { _ in portCapacities }
  }

  /// The number of a rank's link.
  package func link(_ port: Port, rank: Int) -> Int32 {
    Int32(rank * Port.allCases.count + port.rawValue)
  }

  /// Whose link a number means.
  package func port(_ link: Int32) -> (rank: Int, port: Port)? {
    let (rank, port) = Int(link).quotientAndRemainder(dividingBy: Port.allCases.count)
    return Port(rawValue: port).map { (rank, $0) }
  }

  /// The number of the first link between switches, behind the ports of all members.
  package func firstSwitch(members: Int) -> Int32 { Int32(members * capacities.count) }

  /// Capacity of a link of one member without faults, or of a link between switches where there is
  /// one member.
  package func capacity(of link: Int32) -> BytesPerSecond {
    let index = Int(link)
    return index < capacities.count
      ? capacities[index] : switches[index - capacities.count].capacity
  }

  /// Capacities of the links of one member of the ranks.
  package func capacities(member: Int) -> [BytesPerSecond] {
    var capacities = capacities
    for fault in faults where fault.member == member {
      for port in fault.ports {
        let link = Int(link(port, rank: fault.rank))
        capacities[link] = BytesPerSecond(capacities[link].value * fault.remaining)
      }
    }
    return capacities
  }

  /// The flows of a phase as a member sends them, links numbered through all members.
  package func flows(of phase: TransferPhase, member: Int) -> [TransferFlow] {
    guard phase.memberFlows.isEmpty else { return phase.memberFlows[member] }
    let shift = Int32(member * capacities.count)
    return phase.flows.map { flow in
      var flow = flow
      for hop in flow.path.indices { flow.path[hop] += shift }
      return flow
    }
  }

  /// The place of a rank's port of this class among the capacities.
  package func index(of link: PortClass, rank: Int) -> Int {
    guard let port = Port.allCases.first(where: { $0.portClass == link }) else {
      preconditionFailure("every class is that of a port")
    }
    return Int(self.link(port, rank: rank))
  }

  /// A link between switches, or a member's share of it.
  package struct Switch: Sendable {
    /// Its class.
    package var link: PortClass
    /// Its number in its class, or the rank whose share it is.
    package var number: Int
    /// The member whose share it is; 0 for a link that all share.
    package var member = 0
    /// GPUs with a share like it; 1 for a link that all share.
    package var gpus = 1
    /// Rate that it can carry.
    package var capacity: BytesPerSecond
    /// Its name in its topology; nil for a share.
    package var name: String?
  }

  /// A degraded port of one member of a rank.
  package struct Fault: Sendable {
    /// Whose ports they are.
    package var rank: Int
    /// Which member of the rank.
    package var member: Int
    package var ports: [Port]
    /// The part of its bandwidth that is left.
    package var remaining: Double

    /// A port in both directions.
    package init(rank: Int, member: Int, port: LinkFault.Port, remaining: Double) {
      self.rank = rank
      self.member = member
      ports = port == .nic ? [.nicOut, .nicIn] : [.nvlinkOut, .nvlinkIn]
      self.remaining = remaining
    }

    /// The faults of a cluster as a program sees them, whose ranks lie one after the other.
    package static func all(
      of cluster: ClusterSpec, ranks: Int, _ representatives: Representatives
    ) -> [Fault] {
      let perRank = representatives.gpuCount
      return cluster.faults.flatMap { fault -> [Fault] in
        let (rank, gpu) = fault.gpu.quotientAndRemainder(dividingBy: perRank)
        guard rank < ranks else { return [] }
        return representatives.members.indices.filter {
          representatives.members[$0].gpu == gpu
        }.map { Fault(rank: rank, member: $0, port: fault.port, remaining: fault.remaining) }
      }
    }
  }
}
