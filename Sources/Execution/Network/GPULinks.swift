// The links of a program: the ports of each member of each rank, and the rates at which kernels can
// feed them.
//
// The peers of a member send back as much as they receive, so an all-to-all is a flow out of and
// into the member's own ports. A transfer between ranks leaves through one GPU's port and enters
// through another's. All traffic through a port shares its bandwidth: exchanges of a rank,
// transfers between stages, gradients. Links between switches, if a topology has them, are numbered
// after the ports of all members.

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
    /// Rates at which exchange kernels feed network and NVLink, and at which their SMs copy.
    case dispatchNetwork
    case dispatchNVLink
    case dispatchKernel
    case combineNetwork
    case combineNVLink
    case combineKernel

    /// The class of a port through which bytes leave or enter a GPU; nil for a kernel's rate.
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
  /// Degraded ports of GPUs that are simulated individually.
  package let faults: [Fault]
  /// Links between the ports, numbered after the ports of all members.
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

  /// The rank and port of a link; nil for a link that is no port.
  package func port(_ link: Int32) -> (rank: Int, port: Port)? {
    let (rank, port) = Int(link).quotientAndRemainder(dividingBy: Port.allCases.count)
    return Port(rawValue: port).map { (rank, $0) }
  }

  /// The number of the first link between switches, after the ports of all members.
  package func firstSwitch(members: Int) -> Int32 { Int32(members * capacities.count) }

  /// Capacity of one member's link without faults, or of a link between switches if there is only
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

  /// The flows of a phase as a member sends them, with links numbered across all members.
  package func flows(of phase: TransferPhase, member: Int) -> [TransferFlow] {
    guard phase.memberFlows.isEmpty else { return phase.memberFlows[member] }
    let shift = Int32(member * capacities.count)
    return phase.flows.map { flow in
      var flow = flow
      for hop in flow.path.indices { flow.path[hop] += shift }
      return flow
    }
  }

  /// The position of a rank's port of this class among the capacities.
  package func index(of link: PortClass, rank: Int) -> Int {
    guard let port = Port.allCases.first(where: { $0.portClass == link }) else {
      preconditionFailure("every class belongs to a port")
    }
    return Int(self.link(port, rank: rank))
  }

  /// A link between switches, or a member's share of it.
  package struct Switch: Sendable {
    /// The class of the link.
    package var link: PortClass
    /// Its number within its class, or the rank that owns the share.
    package var number: Int
    /// The member that owns the share; 0 for a link shared by all.
    package var member = 0
    /// GPUs with an equal share; 1 for a link shared by all.
    package var gpus = 1
    /// Capacity.
    package var capacity: BytesPerSecond
    /// Its name in its topology; nil for a share.
    package var name: String?
  }

  /// A degraded port of one member of a rank.
  package struct Fault: Sendable {
    /// The rank of the port.
    package var rank: Int
    /// The member of the rank.
    package var member: Int
    package var ports: [Port]
    /// The remaining fraction of its bandwidth.
    package var remaining: Double

    /// A port in both directions.
    package init(rank: Int, member: Int, port: LinkFault.Port, remaining: Double) {
      self.rank = rank
      self.member = member
      ports = port == .nic ? [.nicOut, .nicIn] : [.nvlinkOut, .nvlinkIn]
      self.remaining = remaining
    }

    /// The faults of a cluster as seen by a program whose ranks are numbered consecutively.
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
