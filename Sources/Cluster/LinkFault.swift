// Degraded ports and links: a NIC or NVLink port that lost lanes or retransmits, a dead NIC, or a
// link between switches that lost cables.

/// A fault of one port, in both directions.
package struct LinkFault: Hashable, Sendable {
  /// The kind of port.
  package enum Port: String, CaseIterable, Hashable, Sendable {
    /// A NIC, or a GPU's port of the scale-up fabric.
    case nic
    case gpu

    /// Ports of this kind in a node.
    package func count(in node: NodeSpec) -> Int {
      switch self {
      case .nic: node.nicsPerNode
      case .gpu: node.gpusPerNode
      }
    }
  }

  package var port: Port
  /// The NIC or GPU, numbered across all nodes.
  package var index: Int
  /// Remaining fraction of its bandwidth, at most 1; 0 for a dead NIC.
  package var remaining: Double

  package init(port: Port, index: Int, remaining: Double) {
    self.port = port
    self.index = index
    self.remaining = remaining
  }

  /// Whether no bandwidth remains.
  package var isDead: Bool { remaining == 0 }

  /// The first of the GPUs that use the port, numbered across all nodes.
  package func firstGPU(in node: NodeSpec) -> Int {
    let (host, place) = index.quotientAndRemainder(dividingBy: port.count(in: node))
    return host * node.gpusPerNode + place * node.gpusPerNode / port.count(in: node)
  }

  /// The name of a port in scenarios, such as `node3.nic5`.
  package static func name(of port: Port, _ index: Int, in node: NodeSpec) -> String {
    let (host, place) = index.quotientAndRemainder(dividingBy: port.count(in: node))
    return "node\(host).\(port.rawValue)\(place)"
  }

  /// The port that a name such as `node3.nic5` denotes, and its number across all nodes; nil if
  /// there is no such port.
  package static func named(_ name: String, in cluster: ClusterSpec) -> (port: Port, index: Int)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let node = number(parts[0], after: "node"),
      let port = Port.allCases.first(where: { parts[1].hasPrefix($0.rawValue) }),
      let index = number(parts[1], after: port.rawValue), node < cluster.nodeCount,
      index < port.count(in: cluster.node)
    else { return nil }
    return (port, node * port.count(in: cluster.node) + index)
  }

  private static func number(_ text: Substring, after word: String) -> Int? {
    let digits = text.dropFirst(word.count)
    guard text.hasPrefix(word), !digits.isEmpty, digits.count < 9,
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(digits)
  }
}

/// A fault of a link between switches: some of its cables are cut.
package struct SwitchFault: Hashable, Sendable {
  /// Index of the link in the topology.
  package var link: Int
  /// Remaining fraction of its bandwidth, above 0 and at most 1.
  package var remaining: Double

  package init(link: Int, remaining: Double) {
    self.link = link
    self.remaining = remaining
  }
}
