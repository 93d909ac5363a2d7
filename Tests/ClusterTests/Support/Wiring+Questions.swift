// A wiring as tests ask about it, with its links as the flow network numbers them.

import Units

@testable import Cluster

extension Wiring {
  /// The wiring of a cluster on a topology of the catalogue.
  static func named(_ topology: String, _ cluster: ClusterSpec) throws -> Wiring {
    var cluster = cluster
    cluster.fabric = .catalogue(topology)
    return try Wiring(cluster)
  }

  /// The capacity of every link.
  var capacities: [BytesPerSecond] { (0..<linkCount).map { capacity(of: LinkID($0)) } }

  /// Names of the links of a path.
  func names(_ links: [LinkID]) -> [String] { links.map { self[$0].name } }

  /// Names of the links between two GPUs.
  func names(from source: Int, to target: Int) -> [String] {
    names(path(from: source, to: target).links)
  }

  /// The links between two GPUs, and the latency.
  func route(from source: Int, to target: Int) -> (path: [Int32], latency: SimDuration) {
    let (links, latency) = path(from: source, to: target)
    return (links.map { Int32($0.index) }, latency)
  }

  /// Numbers of the links that a name denotes: `node3.nic5` is both directions of that NIC.
  func links(named name: String) -> [Int] {
    (0..<linkCount).filter {
      let own = self[LinkID($0)].name
      return own == name || own.hasPrefix(name + ".")
    }
  }

  /// An idle network with these links.
  func makeNetwork() -> TransferNetwork {
    TransferNetwork(capacities: capacities, longestPath: 8)
  }
}
