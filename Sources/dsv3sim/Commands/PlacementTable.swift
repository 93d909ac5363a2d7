// What `experts place` and `experts evaluate` print.

import Experiments
import Reports
import Routing
import Units

/// The rows of a placement study.
struct PlacementTable {
  private let study: PlacementStudy
  private let policy: String
  private let rows: [PlacementRow]

  init(_ study: PlacementStudy, policy: String) {
    self.study = study
    self.policy = policy
    rows = study.rows
  }

  /// A row a layer and their means.
  var text: String {
    var table = TextTable(columns: [
      ("layer", .right), ("no plan", .right), ("eplb", .right), (policy, .right),
      ("mean", .right), ("largest replica", .right), ("node", .right),
      ("doubled, eplb", .right), ("doubled", .right), ("remote nodes", .right),
    ])
    for row in rows {
      table.addRow([
        "\(row.layer)", row.unplanned.map(Self.ratio) ?? "-", Self.ratio(row.eplb),
        Self.ratio(row.chosen), "1", Self.ratio(row.bounds.largestReplica),
        row.bounds.node.map(Self.ratio) ?? "-", "\(row.eplbDuplicates)",
        "\(row.chosenDuplicates)", significantText(row.remoteNodes),
      ])
    }
    let unplanned = rows.compactMap(\.unplanned)
    let nodes = rows.compactMap(\.bounds.node)
    table.addRow([
      "all", unplanned.count == rows.count ? Self.ratio(Self.mean(unplanned)) : "-",
      Self.ratio(Self.mean(rows.map(\.eplb))), Self.ratio(Self.mean(rows.map(\.chosen))), "1",
      Self.ratio(Self.mean(rows.map(\.bounds.largestReplica))),
      nodes.count == rows.count ? Self.ratio(Self.mean(nodes)) : "-",
      "\(rows.reduce(0) { $0 + $1.eplbDuplicates })",
      "\(rows.reduce(0) { $0 + $1.chosenDuplicates })",
      significantText(Self.mean(rows.map(\.remoteNodes))),
    ])
    return table.text + "\n" + notes
  }

  private var notes: String {
    let sizes = study.sizes
    let kept =
      sizes.isHierarchical
      ? "groups stay whole on nodes (\(sizes.nodes) nodes divide \(sizes.groups) groups)"
      : "groups need not stay whole (\(sizes.nodes) nodes do not divide \(sizes.groups) groups)"
    var lines = [
      "max/mean of GPU load; mean, largest replica and node are lower bounds on it",
      "\(sizes.replicas) slots, \(sizes.slotsPerGPU) a GPU; \(kept)",
      "doubled: slots with a second replica of an expert of the same GPU",
      "remote nodes: InfiniBand messages of a token one way, tokens drawn to follow the loads",
    ]
    if let closed {
      lines.append("of EPLB's distance to the tightest bound, closed: \(percentText(closed))")
    }
    return lines.map { "\($0)\n" }.joined()
  }

  /// Share of EPLB's distance to the tightest bound that is closed, over all layers; nil where
  /// EPLB is optimal.
  private var closed: Double? {
    let distance = rows.reduce(0) { $0 + $1.eplb - $1.bounds.tightest }
    guard distance > 1e-9 else { return nil }
    return rows.reduce(0) { $0 + $1.eplb - $1.chosen } / distance
  }

  private static func ratio(_ value: Double) -> String { significantText(value) }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(max(1, values.count))
  }

  /// The rows in full precision.
  var json: String {
    let layers = rows.map { row in
      JSONValue.object([
        ("layer", .integer(Int64(row.layer))),
        ("imbalance_without_plan", row.unplanned.map { .real($0) } ?? .null),
        ("imbalance_eplb", .real(row.eplb)), ("imbalance", .real(row.chosen)),
        ("bound_largest_replica", .real(row.bounds.largestReplica)),
        ("bound_node", row.bounds.node.map { .real($0) } ?? .null),
        ("doubled_slots_eplb", .integer(Int64(row.eplbDuplicates))),
        ("doubled_slots", .integer(Int64(row.chosenDuplicates))),
        ("remote_nodes_per_token", .real(row.remoteNodes)),
      ])
    }
    return JSONValue.object([
      ("policy", .text(policy)), ("replicas", .integer(Int64(study.sizes.replicas))),
      ("gpus", .integer(Int64(study.sizes.gpus))),
      ("is_hierarchical", .bool(study.sizes.isHierarchical)),
      ("closed_share", closed.map { .real($0) } ?? .null), ("layers", .array(layers)),
    ]).description + "\n"
  }

  /// EPLB's three results under the names that vLLM and SGLang give them.
  var maps: String {
    let placement = study.placement
    let width = placement.widest
    func list(_ values: [Int]) -> JSONValue { .array(values.map { .integer(Int64($0)) }) }
    return JSONValue.object([
      ("physical_to_logical_map", .array(placement.layers.map { list($0.experts) })),
      (
        "logical_to_physical_map",
        .array(placement.layers.map { .array($0.slots(width: width).map(list)) })
      ),
      ("logical_replica_count", .array(placement.layers.map { list($0.counts) })),
    ]).compact + "\n"
  }

  /// GPU loads before and after.
  var heatmap: String {
    HeatmapSVG(
      title: "GPU load over the mean of its layer",
      panels: [
        HeatmapSVG.Panel(title: "before", rows: study.relativeLoadsBefore),
        HeatmapSVG.Panel(title: policy, rows: study.relativeLoads),
      ], scaleNote: "load over mean, white at 1"
    ).text
  }
}
