// Switches and cables of a network, and their cost.
// Source of the comparison: fact hw.net.topology_cost (arXiv 2505.09343, Table 3), an estimate.

import Units

/// Switches and cables of a network outside its nodes.
package struct TopologyCounts: Hashable, Sendable {
  /// NICs that are attached.
  package var endpoints: Int
  /// Switches of all layers.
  package var switches: Int
  /// Cables between switches, without the cables of endpoints.
  package var links: Int

  /// Cost of switches and cables.
  package var cost: USDollars {
    USDollars(
      Double(switches) * Self.assumedSwitchPrice + Double(links) * Self.assumedFabricLinkPrice
        + Double(endpoints) * Self.assumedEndpointLinkPrice)
  }

  /// Cost per endpoint; zero without endpoints.
  package var costPerEndpoint: USDollars {
    endpoints == 0 ? .zero : USDollars(cost.value / Double(endpoints))
  }

  // The table names no unit prices. These round ones reproduce its fat trees (9, 72 and 491 M$) and
  // its Slim Fly to within half a million dollars; its Dragonfly comes out 1.2 % too expensive.

  /// A switch of 64 ports of 400 Gb/s, USD.
  static let assumedSwitchPrice = 40_000.0
  /// An optical cable with both transceivers between switches, USD.
  static let assumedFabricLinkPrice = 1_850.0
  /// A short cable from a NIC to its leaf switch, USD.
  static let assumedEndpointLinkPrice = 670.0
}

/// How many switches a fat tree needs.
struct FatTreePlan {
  /// Ports of a switch: fact hw.net.planes.
  static let ports = 64

  /// NICs of the tree.
  var endpoints: Int
  /// NICs per uplink of a leaf switch: 1 is non-blocking, 2 omits half the uplinks.
  var oversubscription: Double
  /// Endpoints of one leaf switch: half of its ports.
  static var endpointsPerLeaf: Int { ports / 2 }
  /// Leaf switches of a pod of three layers.
  static var leavesPerPod: Int { ports / 2 }

  var uplinksPerLeaf: Int { Int((Double(Self.ports / 2) / oversubscription).rounded(.up)) }
  var leaves: Int { Self.divideUp(endpoints, Self.endpointsPerLeaf) }

  /// Leaves and spines.
  var twoLayers: TopologyCounts { twoLayers(leaves: leaves) }

  /// Leaves and spines for a given number of leaves, which need not use all their ports.
  func twoLayers(leaves: Int) -> TopologyCounts {
    // One leaf is the whole network.
    let uplinks = leaves > 1 ? leaves * uplinksPerLeaf : 0
    return TopologyCounts(
      endpoints: endpoints, switches: leaves + Self.divideUp(uplinks, Self.ports), links: uplinks)
  }

  /// Pods of leaves and a middle layer, and cores.
  var threeLayers: TopologyCounts {
    let pods = Self.divideUp(leaves, Self.leavesPerPod)
    guard pods > 1 else { return twoLayers }
    let leafUplinks = leaves * uplinksPerLeaf
    let middle = pods * uplinksPerLeaf
    let podUplinks = middle * Self.ports / 2
    return TopologyCounts(
      endpoints: endpoints,
      switches: leaves + middle + Self.divideUp(podUplinks, Self.ports),
      links: leafUplinks + podUplinks)
  }

  static func divideUp(_ amount: Int, _ share: Int) -> Int { (amount + share - 1) / share }
}

extension ClusterSpec {
  /// The leaf switch of a port if NICs are attached in the order of their numbers: that of its
  /// first NIC, as if a GPU's NICs shared one.
  func leaf(of port: NICPort) -> Int {
    number(of: port) * node.nicsPerPort / FatTreePlan.endpointsPerLeaf
  }
}

extension TopologyCounts {
  /// Several copies of the same network side by side.
  static func * (counts: TopologyCounts, times: Int) -> TopologyCounts {
    TopologyCounts(
      endpoints: counts.endpoints * times, switches: counts.switches * times,
      links: counts.links * times)
  }
}
