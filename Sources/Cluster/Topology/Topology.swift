// What a topology is to the simulator: links with capacities, and a route between any two GPUs.
//
// A bundle of parallel cables between two layers is one link: adaptive routing spreads flows over
// it evenly. Not modelled: collisions of hashed routes (ECMP), which cost much (arXiv 2505.09343,
// Fig. 8).

import Units

/// Where a link stands, for statistics.
public enum LinkClass: String, CaseIterable, Hashable, Sendable {
  /// From a GPU into the node's NVLink switch, and out of it.
  case nvlinkOut = "nvlink-out"
  case nvlinkIn = "nvlink-in"
  /// From a GPU's NIC into the network, and out of it.
  case nicOut = "nic-out"
  case nicIn = "nic-in"
  /// The uplinks of a leaf switch together, and its downlinks.
  case leafUp = "leaf-up"
  case leafDown = "leaf-down"
  /// The uplinks of a pod's middle layer together, and its downlinks.
  case podUp = "pod-up"
  case podDown = "pod-down"
  /// A link that a user listed.
  case listed

  /// Whether it is no port of a GPU.
  public var isBetweenSwitches: Bool {
    switch self {
    case .nvlinkOut, .nvlinkIn, .nicOut, .nicIn: false
    case .leafUp, .leafDown, .podUp, .podDown, .listed: true
    }
  }
}

/// One direction of a link, or of a bundle of parallel links.
public struct NetworkLink: Hashable, Sendable {
  /// Unique, with the parts that a user may name: `node3.nic5.out`.
  public var name: String
  /// Where it stands.
  public var kind: LinkClass
  /// Rate that it can carry.
  public var capacity: BytesPerSecond
}

/// How traffic reaches a GPU of another rail where both routes exist.
public enum CrossRailRoute: String, CaseIterable, Hashable, Sendable {
  /// Over NVLink to the GPU of the sender's node on that rail, which sends it (NCCL's PXN).
  case forwardInNode = "forward-in-node"
  /// From the sender's NIC through the spine switches.
  case throughSpine = "through-spine"
}

/// Links and routes between the GPUs of a cluster. GPU g is GPU g mod n of node g / n.
public protocol Topology: Sendable {
  /// Links in order of their numbers.
  var links: [NetworkLink] { get }
  /// Links of the longest route.
  var longestPath: Int { get }
  /// Switches and cables outside the nodes.
  var counts: TopologyCounts { get }

  /// Whether NICs of different rails reach each other outside the nodes.
  var joinsRails: Bool { get }

  /// The most NICs that share one link of a class; 1 for the ports themselves.
  func sharers(of kind: LinkClass) -> Int

  /// Replaces `path` by the links of the route between two different GPUs.
  ///
  /// Complexity: O(path length) unless the topology says otherwise.
  /// - Returns: the latency of a small message.
  /// - Precondition: the GPUs exist and are not the same.
  func route(from source: Int, to target: Int, into path: inout [Int32]) -> SimDuration
}

extension Topology {
  public var joinsRails: Bool { true }

  public func sharers(of kind: LinkClass) -> Int { 1 }

  /// Numbers of the links that a name means: `node3.nic5` is both directions of that NIC.
  ///
  /// Complexity: O(links).
  public func links(named name: String) -> [Int] {
    links.indices.filter { links[$0].name == name || links[$0].name.hasPrefix(name + ".") }
  }

  /// The links of the route between two different GPUs, and its latency.
  public func route(from source: Int, to target: Int) -> (path: [Int32], latency: SimDuration) {
    var path: [Int32] = []
    let latency = route(from: source, to: target, into: &path)
    return (path, latency)
  }
}
