// The interface of a topology: the links between the switches of a network, and a route between any
// two NICs. A bundle of parallel cables between two layers is one link: adaptive routing spreads
// flows over it evenly.

import Recording
import Units

/// The network between the NICs of a cluster.
package protocol Topology: Sendable {
  /// Links between switches.
  var links: [NetworkLink] { get }
  /// Switches and cables.
  var counts: TopologyCounts { get }

  /// Whether NICs of different rails reach each other outside the nodes.
  var joinsRails: Bool { get }

  /// NICs behind the most shared link of a class.
  func sharers(of kind: LinkClass) -> Int

  /// Appends the links of the route between two NICs, as indices into `links`.
  ///
  /// Complexity: O(path length) unless the topology says otherwise.
  /// - Returns: the latency of a small message.
  /// - Precondition: the NICs exist, in different nodes, and on one rail unless rails are joined.
  func route(from source: NICPort, to target: NICPort, into path: inout [Int]) -> SimDuration
}

extension Topology {
  package var joinsRails: Bool { true }

  package func sharers(of kind: LinkClass) -> Int { 1 }
}

extension NodeSpec {
  /// Added latency of one more layer of switches: facts hw.lat.ib_cross_leaf, 3.7 us, less
  /// hw.lat.ib_same_leaf, 2.8 us.
  static let layerLatency = Seconds(0.9e-6)

  /// Latency of a small message between nodes under one leaf switch.
  var sameLeafLatency: SimDuration {
    Seconds(max(0, networkLatency.value - Self.layerLatency.value)).duration
  }

  /// Latency of a small message that crosses all three layers: the third layer is assumed to add
  /// as much as the second.
  var assumedCrossPodLatency: SimDuration { (networkLatency + Self.layerLatency).duration }
}
