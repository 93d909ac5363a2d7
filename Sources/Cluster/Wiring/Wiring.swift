// Every link of a cluster, once, and the routes between its GPUs:
//
//     GPU        its port of the scale-up fabric, out and in; the fabric itself blocks nothing
//     NIC port   out of the node and into it; neighbouring GPUs may share one
//     network    the links between switches, as the topology has them
//
// Capacities are what faults leave. Inside a scale-up domain traffic takes the fabric, between
// domains it takes NICs; see Wiring+Routes.

import Recording
import Units

/// The links of a cluster.
package struct Wiring: Sendable {
  package let cluster: ClusterSpec
  /// The switches between NICs.
  package let topology: any Topology
  /// Remaining fractions of ports below 1; looked up only.
  private let remaining: [LinkID: Double]
  /// Capacities of the links between switches.
  private let switchCapacities: [BytesPerSecond]
  /// Dead NIC ports, ascending, and the same for looking up.
  private let deadPorts: [Int]
  private let isDeadPort: Set<Int>
  /// Rails without a dead NIC, for networks whose rails do not meet.
  let wholeRails: [Int]

  /// Wires a cluster.
  ///
  /// - Throws: `ListedTopologyProblem` or `WiringProblem`.
  package init(_ cluster: ClusterSpec) throws {
    self.cluster = cluster
    topology = try cluster.fabric.topology(of: cluster)
    var capacities = topology.links.map(\.capacity)
    for fault in cluster.switchFaults {
      capacities[fault.link] = capacities[fault.link] * fault.remaining
    }
    switchCapacities = capacities
    let ports = PortNumbers(cluster)
    remaining = Self.remaining(cluster, ports)
    let fractions = remaining
    let dead = cluster.faults.filter { $0.port == .nic }.map { ports.port(ofNIC: $0.index) }
      .filter { fractions[ports.nicOut($0)] == 0 }.sorted()
    deadPorts = dead.indices.filter { $0 == 0 || dead[$0] != dead[$0 - 1] }.map { dead[$0] }
    isDeadPort = Set(deadPorts)
    let node = cluster.node
    let deadRails = Set(deadPorts.map { $0 % node.nicPorts })
    wholeRails = (0..<node.nicPorts).filter { !deadRails.contains($0) }
    if let domain = domainWithoutNIC() { throw WiringProblem.noNIC(node: domain) }
    if !topology.joinsRails && wholeRails.isEmpty {
      throw WiringProblem.noRail(topology: cluster.fabric.name)
    }
  }

  /// The product of the faults of each degraded port.
  private static func remaining(_ cluster: ClusterSpec, _ ports: PortNumbers) -> [LinkID: Double] {
    var remaining: [LinkID: Double] = [:]
    let node = cluster.node
    // A port of several NICs loses the part of one of them.
    let nicsPerPort = Double(node.nicsPerPort)
    for fault in cluster.faults where fault.remaining < 1 {
      switch fault.port {
      case .gpu:
        for link in [ports.scaleUpOut(fault.index), ports.scaleUpIn(fault.index)] {
          remaining[link] = (remaining[link] ?? 1) * fault.remaining
        }
      case .nic:
        let port = ports.port(ofNIC: fault.index)
        for link in [ports.nicOut(port), ports.nicIn(port)] {
          let left = remaining[link] ?? 1
          remaining[link] =
            nicsPerPort == 1
            ? left * fault.remaining : max(0, left - (1 - fault.remaining) / nicsPerPort)
        }
      }
    }
    return remaining
  }

  /// The first node of a domain without a working NIC.
  private func domainWithoutNIC() -> Int? {
    let perDomain = cluster.gpusPerDomain / cluster.node.gpusPerNode
    let portsPerDomain = perDomain * cluster.node.nicPorts
    var counts: [Int: Int] = [:]
    for port in deadPorts {
      let domain = port / portsPerDomain
      counts[domain, default: 0] += 1
      let nodes = min(perDomain, cluster.nodeCount - domain * perDomain)
      if counts[domain] == nodes * cluster.node.nicPorts { return domain * perDomain }
    }
    return nil
  }

  private var ports: PortNumbers { PortNumbers(cluster) }

  /// Number of links.
  package var linkCount: Int { ports.count + switchCapacities.count }

  /// The port of a GPU into the scale-up fabric.
  package func scaleUpOut(_ gpu: Int) -> LinkID { ports.scaleUpOut(gpu) }
  /// The port of a GPU out of the scale-up fabric.
  package func scaleUpIn(_ gpu: Int) -> LinkID { ports.scaleUpIn(gpu) }

  /// The NIC port of a GPU, into the network.
  package func nicOut(_ gpu: Int) -> LinkID { ports.nicOut(ports.port(of: gpu)) }
  /// The NIC port of a GPU, out of the network.
  package func nicIn(_ gpu: Int) -> LinkID { ports.nicIn(ports.port(of: gpu)) }

  /// A link between switches, by its index in the topology.
  func switchLink(_ index: Int) -> LinkID { LinkID(ports.count + index) }

  /// The links between switches.
  package var switchLinks: [LinkID] { switchCapacities.indices.map(switchLink) }

  /// What faults leave of a link.
  package func capacity(of link: LinkID) -> BytesPerSecond {
    if link.index >= ports.count { return switchCapacities[link.index - ports.count] }
    let node = cluster.node
    let whole = ports.isNIC(link) ? node.nicPortPerDirection : node.gpu.achievedNVLink
    guard let left = remaining[link] else { return whole }
    return whole * left
  }

  /// The fraction of a link's bandwidth that faults leave.
  package func remaining(of link: LinkID) -> Double {
    guard link.index >= ports.count else { return remaining[link] ?? 1 }
    let index = link.index - ports.count
    return switchCapacities[index].value / topology.links[index].capacity.value
  }

  /// A link with its name.
  package subscript(link: LinkID) -> NetworkLink {
    var result =
      link.index < ports.count ? ports.link(link) : topology.links[link.index - ports.count]
    result.capacity = capacity(of: link)
    return result
  }

  /// Whether the NIC port of a GPU is dead.
  package func isDead(_ gpu: Int) -> Bool { isDeadPort.contains(ports.port(of: gpu)) }

  /// GPUs through which the network traffic of a GPU with a dead NIC goes: those of its node with
  /// working NICs, or else those of its domain, in order.
  package func livingNeighbours(of gpu: Int) -> [Int] {
    for size in [cluster.node.gpusPerNode, cluster.gpusPerDomain] {
      let first = gpu / size * size
      let living = (first..<min(first + size, cluster.gpuCount)).filter { !isDead($0) }
      if !living.isEmpty { return living }
    }
    preconditionFailure("each domain has a working NIC")
  }
}

/// The numbers of a cluster's ports among its links: the two of each GPU, then the two of each NIC
/// port.
private struct PortNumbers {
  let cluster: ClusterSpec

  init(_ cluster: ClusterSpec) { self.cluster = cluster }

  private var firstNIC: Int { 2 * cluster.gpuCount }
  var count: Int { firstNIC + 2 * cluster.nodeCount * cluster.node.nicPorts }

  func scaleUpOut(_ gpu: Int) -> LinkID { LinkID(2 * gpu) }
  func scaleUpIn(_ gpu: Int) -> LinkID { LinkID(2 * gpu + 1) }
  func nicOut(_ port: Int) -> LinkID { LinkID(firstNIC + 2 * port) }
  func nicIn(_ port: Int) -> LinkID { LinkID(firstNIC + 2 * port + 1) }

  func isNIC(_ link: LinkID) -> Bool { link.index >= firstNIC }

  /// The NIC port of a GPU.
  func port(of gpu: Int) -> Int {
    gpu / cluster.node.gpusPerNode * cluster.node.nicPorts + cluster.node.nicPort(of: gpu)
  }

  /// The port that a NIC belongs to.
  func port(ofNIC nic: Int) -> Int { nic * cluster.node.nicPorts / cluster.node.nicsPerNode }

  /// A port, named after its node.
  func link(_ link: LinkID) -> NetworkLink {
    let isNIC = isNIC(link)
    let (place, direction) = (link.index - (isNIC ? firstNIC : 0)).quotientAndRemainder(
      dividingBy: 2)
    let perNode = isNIC ? cluster.node.nicPorts : cluster.node.gpusPerNode
    let word = isNIC ? "nic" : "gpu"
    let kinds: [LinkClass] = isNIC ? [.nicOut, .nicIn] : [.scaleUpOut, .scaleUpIn]
    return NetworkLink(
      name: "node\(place / perNode).\(word)\(place % perNode).\(direction == 0 ? "out" : "in")",
      kind: kinds[direction], owner: isNIC ? .nic(place) : .gpu(place),
      capacity: BytesPerSecond(0))
  }
}
