// The topologies that can be named. To add one: a file in Kinds with links and routes, and an entry
// here; tests try routes, capacities and counts on every entry.

import Facts
import Units

/// A topology that can be built for any cluster of its kind.
public struct TopologyKind: Sendable {
  /// Catalogue name, for example `multi-plane`.
  public var name: String
  /// One line for people.
  public var summary: String
  /// Where it is described.
  public var source: SourceText
  /// Nodes that it can have at most.
  public var nodeLimit: Int
  /// Builds it for a cluster of at most `nodeLimit` nodes.
  public var build: @Sendable (ClusterSpec) -> any Topology

  /// What it is made of for a cluster.
  public func counts(_ cluster: ClusterSpec) -> TopologyCounts { build(cluster).counts }

  /// Every topology of the catalogue, in the order in which lists print it.
  public static let catalogue: [TopologyKind] = [
    TopologyKind(
      name: "single-node", summary: "One node: GPUs behind an NVLink switch",
      source: "\(.hardware.h800NVLink)", nodeLimit: 1, build: { SingleNode($0.node) }),
    TopologyKind(
      name: "rail-optimised",
      summary: "A leaf switch for each rail of 32 nodes, spines above; other rails by NVLink first",
      source: "\(.networks.rails)", nodeLimit: 256,
      build: { RailOptimised($0) }),
    TopologyKind(
      name: "rail-optimised-2to1", summary: "The same with half of the uplinks",
      source: "\(.networks.rails)", nodeLimit: 256,
      build: { RailOptimised($0, oversubscription: 2) }),
    TopologyKind(
      name: "multi-plane",
      summary: "DeepSeek's: a two-layer fat tree for each GPU of a node, joined inside nodes",
      source: "\(.networks.planes)", nodeLimit: 2048, build: { MultiPlaneFatTree($0) }),
    TopologyKind(
      name: "single-plane",
      summary: "One two-layer fat tree, the NICs of a node on the same leaf",
      source: "\(.networks.topologyCost), FT2", nodeLimit: 256, build: { SinglePlaneFatTree($0) }),
    TopologyKind(
      name: "single-plane-2to1", summary: "The same with half of the uplinks",
      source: "\(.networks.topologyCost), FT2", nodeLimit: 256,
      build: { SinglePlaneFatTree($0, oversubscription: 2) }),
    TopologyKind(
      name: "three-layer", summary: "One three-layer fat tree, pods of 1,024 NICs",
      source: "\(.networks.topologyCost), FT3", nodeLimit: 8192, build: { ThreeLayerFatTree($0) }),
    TopologyKind(
      name: "three-layer-2to1", summary: "The same with half of the leaf switches' uplinks",
      source: "\(.networks.topologyCost), FT3", nodeLimit: 8192,
      build: { ThreeLayerFatTree($0, oversubscription: 2) }),
  ]
}
