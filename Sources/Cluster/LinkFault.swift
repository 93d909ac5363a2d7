// Degraded ports and links: a NIC or NVLink port that lost lanes or retransmits, a dead NIC, or a
// link between switches that lost cables.

/// A fault of one port, in both directions.
package struct LinkFault: Hashable, Sendable {
  /// The kind of port.
  package enum Port: String, CaseIterable, Hashable, Sendable {
    /// The GPU's NIC, or its NVLink port.
    case nic
    case gpu
  }

  package var port: Port
  /// The GPU, numbered across all nodes.
  package var gpu: Int
  /// Remaining fraction of its bandwidth, at most 1; 0 for a dead NIC.
  package var remaining: Double

  package init(port: Port, gpu: Int, remaining: Double) {
    self.port = port
    self.gpu = gpu
    self.remaining = remaining
  }

  /// The name of a port in scenarios, such as `node3.nic5`.
  package static func name(of port: Port, _ gpu: Int, in cluster: ClusterSpec) -> String {
    let (node, index) = gpu.quotientAndRemainder(dividingBy: cluster.node.gpusPerNode)
    return "node\(node).\(port.rawValue)\(index)"
  }

  /// The port and GPU that a name such as `node3.nic5` denotes; nil if there is no such port.
  package static func named(_ name: String, in cluster: ClusterSpec) -> (port: Port, gpu: Int)? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let node = number(parts[0], after: "node"),
      let port = Port.allCases.first(where: { parts[1].hasPrefix($0.rawValue) }),
      let index = number(parts[1], after: port.rawValue), node < cluster.nodeCount,
      index < cluster.node.gpusPerNode
    else { return nil }
    return (port, node * cluster.node.gpusPerNode + index)
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
  /// Number of the link in `Fabric.switchLinks`.
  package var link: Int
  /// Remaining fraction of its bandwidth, above 0 and at most 1.
  package var remaining: Double

  package init(link: Int, remaining: Double) {
    self.link = link
    self.remaining = remaining
  }
}
