// The links of a program: for each simulated GPU of each rank its ports, the rates of its exchange
// kernels, and its part of the links between switches.
//
// If every GPU of a cluster is simulated, the links between switches, and NICs that several GPUs
// share, are real, and all flows share them. Otherwise each member has an even share of each class
// of such links that it uses; both agree if the GPUs under a switch send alike.

import Cluster
import Recording
import Units

/// A link that flows cross.
package struct StepLink: Sendable {
  /// Its class; nil for the rate of a kernel, which is no link of the cluster.
  package var kind: LinkClass?
  /// The simulated GPU or the network.
  package var owner: LinkOwner
  /// Highest rate.
  package var capacity: BytesPerSecond

  /// Number of GPUs that have such a link; 1 for a link of the network.
  var gpus: Int {
    if case .gpu(_, _, let gpus) = owner { gpus } else { 1 }
  }
}

/// A link of a `StepNetwork`.
package typealias StepLinkID = ID<StepLink>

/// The links of a program, and what its transfers cross.
package struct StepNetwork: Sendable {
  /// A port of a simulated GPU.
  enum Port: Int, CaseIterable {
    case nicOut
    case nicIn
    case scaleUpOut
    case scaleUpIn

    var kind: LinkClass {
      switch self {
      case .nicOut: .nicOut
      case .nicIn: .nicIn
      case .scaleUpOut: .scaleUpOut
      case .scaleUpIn: .scaleUpIn
      }
    }
  }

  /// Every link.
  package private(set) var links: [StepLink] = []
  /// Ranks of the program; the GPUs of a rank are numbered consecutively.
  package let rankCount: Int
  package let representatives: Representatives
  /// What lies between the ports; nil if nothing does.
  let fabric: StepFabric?

  private static let linksPerMember = Port.allCases.count + KernelRate.allCases.count

  /// Ports of given capacities, with nothing between them.
  ///
  /// - Parameters:
  ///   - rankCount: ranks of the program.
  ///   - representatives: the simulated GPUs of each rank.
  ///   - ports: capacities in the order nic out, nic in, scale-up out, scale-up in.
  ///   - kernels: the rates of kernels in the order of `KernelRate`.
  package init(
    rankCount: Int, representatives: Representatives, ports: [BytesPerSecond],
    kernels: [BytesPerSecond]
  ) {
    precondition(ports.count == Port.allCases.count && kernels.count == KernelRate.allCases.count)
    self.rankCount = rankCount
    self.representatives = representatives
    fabric = nil
    addMembers(kernels) { port, _ in ports[port.rawValue] }
  }

  /// The links of a cluster's GPUs.
  ///
  /// - Parameters:
  ///   - cluster: the GPUs, NICs and switches to wire.
  ///   - rankCount: ranks of the program, whose GPUs are numbered consecutively.
  ///   - representatives: the simulated GPUs of each rank.
  ///   - kernels: the rates of kernels in the order of `KernelRate`.
  ///   - sharesSwitches: whether each member has its own shares of what GPUs share.
  /// - Precondition: the cluster can be wired; without shares every GPU is a member.
  package init(
    _ cluster: ClusterSpec, rankCount: Int, representatives: Representatives,
    kernels: [BytesPerSecond], sharesSwitches: Bool
  ) {
    precondition(sharesSwitches || representatives.hasEveryPlace, "every GPU is a member")
    let wiring: Wiring
    do { wiring = try Wiring(cluster) } catch { preconditionFailure("a checked network: \(error)") }
    self.rankCount = rankCount
    self.representatives = representatives
    let membersLinks = Self.linksPerMember * rankCount * representatives.count
    fabric = StepFabric(
      wiring, representatives, rankCount: rankCount, firstLink: membersLinks,
      sharesSwitches: sharesSwitches)
    addMembers(kernels) { port, gpu in
      switch port {
      case .nicOut: wiring.capacity(of: wiring.nicOut(gpu)) * cluster.node.nicPortShare
      case .nicIn: wiring.capacity(of: wiring.nicIn(gpu)) * cluster.node.nicPortShare
      case .scaleUpOut: wiring.capacity(of: wiring.scaleUpOut(gpu))
      case .scaleUpIn: wiring.capacity(of: wiring.scaleUpIn(gpu))
      }
    }
    links += fabric?.links ?? []
  }

  private mutating func addMembers(
    _ kernels: [BytesPerSecond], _ capacity: (Port, _ gpu: Int) -> BytesPerSecond
  ) {
    let gpusPerRank = representatives.gpuCount
    for rank in 0..<rankCount {
      for (index, member) in representatives.members.enumerated() {
        let owner = LinkOwner.gpu(rank: rank, member: index, gpus: member.weight)
        let gpu = rank * gpusPerRank + member.gpu
        for port in Port.allCases {
          // A port that is a real link of several GPUs stands among those of the fabric.
          let kind = fabric?.sharedPort(port, gpu: gpu) == nil ? port.kind : nil
          links.append(StepLink(kind: kind, owner: owner, capacity: capacity(port, gpu)))
        }
        links += kernels.map { StepLink(kind: nil, owner: owner, capacity: $0) }
      }
    }
  }

  subscript(link: StepLinkID) -> StepLink { links[link.index] }

  /// A port of a member.
  func port(_ port: Port, rank: Int, member: Int) -> StepLinkID {
    let gpu = rank * representatives.gpuCount + representatives.members[member].gpu
    if let shared = fabric?.sharedPort(port, gpu: gpu) { return shared }
    return StepLinkID(firstLink(rank: rank, member: member) + port.rawValue)
  }

  /// The rate of a member's kernel.
  package func kernel(_ kernel: KernelRate, rank: Int, member: Int) -> StepLinkID {
    StepLinkID(firstLink(rank: rank, member: member) + Port.allCases.count + kernel.rawValue)
  }

  private func firstLink(rank: Int, member: Int) -> Int {
    (rank * representatives.count + member) * Self.linksPerMember
  }
}
