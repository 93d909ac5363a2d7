// What a scenario says about the network between nodes.

/// The network between the nodes of a cluster.
public enum FabricSpec: Hashable, Sendable {
  /// Only the ports of GPUs bind: every NIC reaches every other one at full rate.
  case nonBlocking
  /// A topology of the catalogue, by its name.
  case catalogue(String)
  /// Links between NICs and switches that a scenario lists.
  case listed(name: String, links: [ListedLink])

  /// The name of the network without switches that bind.
  public static let nonBlockingName = "non-blocking"

  /// The network that a name means; nil where it means none.
  public init?(named name: String) {
    if name == Self.nonBlockingName {
      self = .nonBlocking
    } else if TopologyKind.catalogue.contains(where: { $0.name == name }) {
      self = .catalogue(name)
    } else {
      return nil
    }
  }

  /// Every name, the network without switches first.
  public static var names: [String] { [nonBlockingName] + TopologyKind.catalogue.map(\.name) }

  /// Whether a scenario lists its links.
  public var isListed: Bool {
    if case .listed = self { true } else { false }
  }

  /// Its name in results.
  public var name: String {
    switch self {
    case .nonBlocking: Self.nonBlockingName
    case .catalogue(let name), .listed(let name, _): name
    }
  }

  /// Its links and routes.
  ///
  /// - Throws: `ListedTopologyProblems` where listed links are no network of the cluster.
  /// - Precondition: a topology of the catalogue supports that many nodes.
  public func topology(of cluster: ClusterSpec) throws -> any Topology {
    switch self {
    case .nonBlocking: return NonBlocking(cluster)
    case .catalogue(let name):
      guard let kind = TopologyKind.catalogue.first(where: { $0.name == name }),
        cluster.nodeCount <= kind.nodeLimit
      else { preconditionFailure("\"\(name)\" for \(cluster.nodeCount) nodes") }
      return kind.build(cluster)
    case .listed(_, let links): return try ListedFabric(cluster, links)
    }
  }
}
