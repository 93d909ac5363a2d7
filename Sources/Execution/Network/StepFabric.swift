// What lies between the ports of a program's GPUs: links between switches, NICs that GPUs share.

import Cluster
import Recording
import Units

/// The links of a network that do not belong to a single GPU.
struct StepFabric: Sendable {
  let wiring: Wiring
  /// Whether each member has its own shares of links instead of the links themselves.
  let sharesSwitches: Bool
  /// Whether routes differ from port to port.
  let hasRoutes: Bool
  /// Classes of switch links, in the order of a member's shares.
  let classes: [LinkClass]
  /// The class of each GPU of a rank.
  let classOfGPU: [Int]
  /// The links, numbered after those of members.
  private(set) var links: [StepLink] = []
  private let firstLink: Int
  private let rankCount: Int
  private let memberCount: Int
  private let firstSwitch: LinkID?
  /// The first link of the shared NICs, two for each NIC port.
  private var firstNIC: Int?

  /// Nil if nothing but the GPUs' own ports limits bandwidth.
  init?(
    _ wiring: Wiring, _ representatives: Representatives, rankCount: Int, firstLink: Int,
    sharesSwitches: Bool
  ) {
    let cluster = wiring.cluster
    hasRoutes = !Wiring.isOnlyPorts(cluster)
    let sharesNICs =
      representatives.hasEveryPlace && cluster.node.nicPorts < cluster.node.gpusPerNode
    guard hasRoutes || sharesNICs else { return nil }
    self.wiring = wiring
    self.sharesSwitches = sharesSwitches
    self.rankCount = rankCount
    memberCount = representatives.count
    self.firstLink = firstLink
    classOfGPU = representatives.classOfGPU
    let switches = hasRoutes ? wiring.switchLinks : []
    firstSwitch = switches.first
    let kinds = wiring.topology.links.map(\.kind)
    classes = hasRoutes ? LinkClass.allCases.filter { kinds.contains($0) } : []
    if sharesSwitches {
      addShares(representatives)
    } else {
      addNumbered(switches)
    }
    if sharesNICs {
      firstNIC = firstLink + links.count
      let gpus = rankCount * representatives.gpuCount
      let perPort = cluster.node.gpusPerNode / cluster.node.nicPorts
      addNumbered(
        (0..<(gpus + perPort - 1) / perPort).flatMap {
          [wiring.nicOut($0 * perPort), wiring.nicIn($0 * perPort)]
        })
    }
  }

  /// Each member's share of a link of each class: that of its NICs, or of its part of one.
  private mutating func addShares(_ representatives: Representatives) {
    let node = wiring.cluster.node
    let nicsPerGPU = Double(node.nicsPerNode) / Double(node.gpusPerNode)
    for rank in 0..<rankCount {
      for (index, member) in representatives.members.enumerated() {
        let owner = LinkOwner.gpu(rank: rank, member: index, gpus: member.weight)
        for kind in classes {
          let gpu = rank * representatives.gpuCount + member.gpu
          let whole = wiring.topology.links.first { $0.kind == kind }?.capacity.value ?? 0
          let left = wiring.remaining(of: kind, at: gpu)
          let capacity = whole * left * nicsPerGPU / Double(wiring.topology.sharers(of: kind))
          links.append(
            StepLink(kind: kind, owner: owner, capacity: BytesPerSecond(capacity)))
        }
      }
    }
  }

  /// Links themselves, numbered within their class.
  private mutating func addNumbered(_ ids: [LinkID]) {
    var counts = EnumTable<LinkClass, Int>(repeating: 0)
    for id in ids {
      let link = wiring[id]
      links.append(
        StepLink(
          kind: link.kind, owner: .network(number: counts[link.kind], name: link.name),
          capacity: link.capacity))
      counts[link.kind] += 1
    }
  }

  /// A link between switches.
  ///
  /// - Precondition: members share the links themselves.
  func link(_ link: LinkID) -> StepLinkID {
    StepLinkID(firstLink + link.index - (firstSwitch?.index ?? 0))
  }

  /// A member's share of the links of a class.
  func share(of kind: LinkClass, rank: Int, member: Int) -> StepLinkID {
    let row = classes.firstIndex(of: kind) ?? 0
    return StepLinkID(firstLink + (rank * memberCount + member) * classes.count + row)
  }

  /// A GPU's port of a NIC that several GPUs really share; nil for ports of their own.
  func sharedPort(_ port: StepNetwork.Port, gpu: Int) -> StepLinkID? {
    guard let firstNIC, port == .nicOut || port == .nicIn else { return nil }
    let nic = wiring.nicOut(gpu).index - wiring.nicOut(0).index
    return StepLinkID(firstNIC + nic + (port == .nicOut ? 0 : 1))
  }
}
