// The network between nodes, as a scenario specifies it.

/// The network between the nodes of a cluster.
package enum FabricSpec: Hashable, Sendable {
  /// Only the ports of GPUs limit bandwidth: every NIC reaches every other at full rate.
  case nonBlocking
  /// A topology of the catalogue, by its name.
  case catalogue(String)
  /// Links between NICs and switches that a scenario lists.
  case listed(name: String, links: [ListedLink])

  /// The name of the network whose switches limit nothing.
  package static let nonBlockingName = "non-blocking"

  /// The network with a name of `names`; nil for other names.
  package init?(named name: String) {
    if name == Self.nonBlockingName {
      self = .nonBlocking
    } else if TopologyKind.catalogue.contains(where: { $0.name == name }) {
      self = .catalogue(name)
    } else {
      return nil
    }
  }

  /// Every name, the non-blocking network first.
  package static var names: [String] { [nonBlockingName] + TopologyKind.catalogue.map(\.name) }

  /// Whether a scenario lists its links.
  package var isListed: Bool {
    if case .listed = self { true } else { false }
  }

  /// Its name in results.
  package var name: String {
    switch self {
    case .nonBlocking: Self.nonBlockingName
    case .catalogue(let name), .listed(let name, _): name
    }
  }

  /// Its links and routes.
  ///
  /// - Throws: `ListedTopologyProblem` if the listed links do not join the nodes of the cluster.
  /// - Precondition: a catalogue topology supports the number of nodes.
  package func topology(of cluster: ClusterSpec) throws -> any Topology {
    switch self {
    case .nonBlocking: return NonBlocking(cluster)
    case .catalogue(let name):
      guard let kind = TopologyKind.catalogue.first(where: { $0.name == name }),
        cluster.nodeCount <= kind.nodeLimit(of: cluster.node)
      else { preconditionFailure("\"\(name)\" for \(cluster.nodeCount) nodes") }
      return kind.build(cluster)
    case .listed(_, let links): return try ListedFabric(cluster, links)
    }
  }
}
