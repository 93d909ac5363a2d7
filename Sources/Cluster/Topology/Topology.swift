// The interface of a topology: links with capacities, and a route between any two GPUs.
//
// A bundle of parallel cables between two layers is one link: adaptive routing spreads flows over

import Units

/// The class of a link, for statistics.
package enum LinkClass: String, CaseIterable, Hashable, Sendable {
  /// From a GPU into the NVLink switch of its node, and back.
  case nvlinkOut = "nvlink-out"
  case nvlinkIn = "nvlink-in"
  /// From the NIC of a GPU into the network, and back.
  case nicOut = "nic-out"
  case nicIn = "nic-in"
  /// All uplinks of a leaf switch, and all its downlinks.
  case leafUp = "leaf-up"
  case leafDown = "leaf-down"
  /// All uplinks of the middle layer of a pod, and all its downlinks.
  case podUp = "pod-up"
  case podDown = "pod-down"
  /// A link listed in a scenario.
  case listed

  /// Whether it is a switch link rather than a port of a GPU.
  package var isBetweenSwitches: Bool {
    switch self {
    case .nvlinkOut, .nvlinkIn, .nicOut, .nicIn: false
    case .leafUp, .leafDown, .podUp, .podDown, .listed: true
    }
  }
}

/// One direction of a link, or of a bundle of parallel links.
package struct NetworkLink: Hashable, Sendable {
  /// Unique, with the parts that a user may name: `node3.nic5.out`.
  package var name: String
  /// Its class.
  package var kind: LinkClass
  /// Highest rate.
  package var capacity: BytesPerSecond
}

/// Links and routes between the GPUs of a cluster. GPU g is GPU g mod n of node g / n.
package protocol Topology: Sendable {
  /// Links in order of their numbers.
  var links: [NetworkLink] { get }
  /// Links of the longest route.
  var longestPath: Int { get }
  /// Switches and cables outside the nodes.
  var counts: TopologyCounts { get }

  /// Whether NICs of different rails reach each other outside the nodes.
  var joinsRails: Bool { get }

  /// NICs behind the most shared link of a class; 1 for ports.
  func sharers(of kind: LinkClass) -> Int

  /// Replaces `path` by the links of the route between two different GPUs.
  ///
  /// Complexity: O(path length) unless the topology says otherwise.
  /// - Returns: the latency of a small message.
  /// - Precondition: the GPUs exist and are not the same.
  func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration
}

extension Topology {
  package var joinsRails: Bool { true }

  package func sharers(of kind: LinkClass) -> Int { 1 }

  /// Numbers of the links that a name denotes: `node3.nic5` is both directions of that NIC.
  ///
  /// Complexity: O(links).
  package func links(named name: String) -> [Int] {
    links.indices.filter { links[$0].name == name || links[$0].name.hasPrefix(name + ".") }
  }

  /// The links of the route between two different GPUs, and its latency.
  package func route(from source: Int, to target: Int) -> (path: [Int32], latency: SimDuration) {
    var path: [Int32] = []
    let latency = route(from: source, to: target, into: &path)
    return (path, latency)
  }
}
