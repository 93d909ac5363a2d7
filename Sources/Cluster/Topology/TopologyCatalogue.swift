// The topologies that can be named. To add one: a file in Kinds with links and routes, and an entry
// here; tests check routes, capacities and counts of every entry.

import Facts
import Recording
import Units

/// A topology that can be built for any cluster of its kind.
package struct TopologyKind: Sendable {
  /// Catalogue name, for example `multi-plane`.
  package var name: String
  /// One-line description.
  package var summary: String
  /// Where it is described.
  package var source: SourceText
  /// What limits its size.
  package var limit: Limit
  /// Builds it for a cluster of at most `nodeLimit(of:)` nodes.
  package var build: @Sendable (ClusterSpec) -> any Topology

  /// The most that a topology joins.
  package enum Limit: Hashable, Sendable {
    case nodes(Int)
    /// NICs of all nodes.
    case nics(Int)
    /// NICs of a rail.
    case nicsPerRail(Int)
    /// Leaf switches of one rail each, joined by the same spines.
    case railLeaves(Int)
  }

  /// Largest number of nodes of a kind.
  package func nodeLimit(of node: NodeSpec) -> Int {
    let nodes =
      switch limit {
      case .nodes(let nodes): nodes
      case .nics(let nics): nics / node.nicsPerNode
      case .nicsPerRail(let nics): nics / node.nicsPerPort
      case .railLeaves(let leaves):
        leaves / node.nicPorts * FatTreePlan.endpointsPerLeaf / node.nicsPerPort
      }
    return max(1, nodes)
  }

  /// Switches and cables for a cluster.
  package func counts(_ cluster: ClusterSpec) -> TopologyCounts { build(cluster).counts }

  /// Every topology of the catalogue, in the order of printed lists.
  package static let catalogue: [TopologyKind] = [
    TopologyKind(
      name: "single-node", summary: "One node: GPUs behind an NVLink switch",
      source: "\(.hardware.h800NVLink)", limit: .nodes(1), build: { NonBlocking($0) }),
    TopologyKind(
      name: "rail-optimised",
      summary:
        "One leaf switch per rail of 32 nodes, spines above; other rails through NVLink",
      source: "\(.networks.rails)", limit: .railLeaves(64),
      build: { RailFatTree($0, spines: .shared) }),
    TopologyKind(
      name: "rail-optimised-2to1", summary: "The same with half the uplinks",
      source: "\(.networks.rails)", limit: .railLeaves(64),
      build: { RailFatTree($0, spines: .shared, oversubscription: 2) }),
    TopologyKind(
      name: "multi-plane",
      summary: "DeepSeek's: one two-layer fat tree per GPU of a node, joined inside the nodes",
      source: "\(.networks.planes)", limit: .nicsPerRail(2048),
      build: { RailFatTree($0, spines: .perRail) }),
    TopologyKind(
      name: "single-plane",
      summary: "One two-layer fat tree; all NICs of a node share a leaf",
      source: "\(.networks.topologyCost), FT2", limit: .nics(2048),
      build: { SinglePlaneFatTree($0) }),
    TopologyKind(
      name: "single-plane-2to1", summary: "The same with half the uplinks",
      source: "\(.networks.topologyCost), FT2", limit: .nics(2048),
      build: { SinglePlaneFatTree($0, oversubscription: 2) }),
    TopologyKind(
      name: "three-layer", summary: "One three-layer fat tree with pods of 1,024 NICs",
      source: "\(.networks.topologyCost), FT3", limit: .nics(65_536),
      build: { ThreeLayerFatTree($0) }),
    TopologyKind(
      name: "three-layer-2to1", summary: "The same with half the uplinks of the leaf switches",
      source: "\(.networks.topologyCost), FT3", limit: .nics(65_536),
      build: { ThreeLayerFatTree($0, oversubscription: 2) }),
  ]
}
