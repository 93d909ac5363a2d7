// Metrics that plans minimise and no run reports.

extension MetricKind {
  /// What `plan serve` minimises.
  package static let plannedNodes = MetricKind(
    "nodes", .node, "nodes of all pools of a service, and its spare hosts")
}
