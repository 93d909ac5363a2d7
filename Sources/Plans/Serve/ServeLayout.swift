// A way to serve: the units of each pool with their layout, and how many nodes a number of units
// takes. Pools grow by steps: whole units of one or more nodes, or all units that share a node.

import Cluster
import Recording
import Scenarios
import Service

/// A candidate of the search, without the numbers of its units.
struct ServeLayout: Sendable {
  /// How a pool grows.
  struct Pool: Sendable {
    /// The pool's key in a scenario, below `service`.
    var key: String
    /// Nodes of a step.
    var nodes: Int
    /// Units of a step.
    var units: Int

    /// Such as `1 decode unit`.
    func words(_ units: Int) -> String { "\(units) \(key) unit\(units == 1 ? "" : "s")" }
  }

  /// Place in the canonical order.
  var index: Int
  /// A short name.
  var name: String
  /// Settings that make the scenario this layout.
  var settings: [Setting]
  /// One pool, or prefill and decode.
  var pools: [Pool]
  /// Nodes beyond those of the pools.
  var spareHosts: Int

  /// - Parameter service: the service of the scenario with these settings.
  init(
    index: Int, name: String, settings: [Setting], service: ServiceSpec, cluster: ClusterSpec
  ) {
    let perNode = cluster.node.gpusPerNode
    self.index = index
    self.name = name
    self.settings = settings
    spareHosts = service.failures.spareHosts ?? 0
    pools = service.pools.map { pool in
      let gpus = pool.step.layout.gpus
      return Pool(
        key: pool.role.rawValue, nodes: (gpus + perNode - 1) / perNode,
        units: max(1, perNode / gpus))
    }
  }

  /// Nodes that some steps of each pool take.
  func nodes(_ steps: [Int]) -> Int {
    zip(pools, steps).reduce(spareHosts) { $0 + $1.0.nodes * $1.1 }
  }

  /// The settings for some steps of each pool.
  func settings(_ steps: [Int]) -> [Setting] {
    settings
      + zip(pools, steps).map { Setting("service.\($0.key).units", "\($0.units * $1)") }
      + [Setting("cluster.nodes", "\(nodes(steps))")]
  }

  /// Such as `4 nodes: 2 colocated units` or `26 nodes: 2 prefill units and 1 decode unit`.
  func words(_ steps: [Int]) -> String {
    let parts = zip(pools, steps).map { $0.words($0.units * $1) }
    let count = nodes(steps)
    return "\(count) node\(count == 1 ? "" : "s"): \(parts.joined(separator: " and "))"
  }
}
