// The topologies of `dsv3sim hardware`: what each is made of and costs, at 2,048 GPUs or as many as
// it can have, and at its largest.

import Cluster
import Reports
import Units

enum TopologyList {
  /// Nodes of the cluster that DeepSeek-V3 was trained on: fact train.gpus.
  private static let nodes = 256

  private struct Row {
    var kind: TopologyKind
    var counts: TopologyCounts
    var largest: TopologyCounts
  }

  private static var rows: [Row] {
    guard let node = NodeSpec.catalogue.first else { return [] }
    return TopologyKind.catalogue.map { kind in
      let counts = { (nodes: Int) in
        kind.counts(ClusterSpec(node: node, nodeCount: min(nodes, kind.nodeLimit)))
      }
      return Row(kind: kind, counts: counts(nodes), largest: counts(kind.nodeLimit))
    }
  }

  static var table: String {
    var table = TextTable(columns: [
      ("topology", .left), ("endpoints", .right), ("switches", .right), ("links", .right),
      ("cost", .right), ("per endpoint", .right), ("at most", .right), ("switches", .right),
      ("links", .right), ("cost", .right),
    ])
    for row in rows {
      table.addRow([
        row.kind.name, "\(row.counts.endpoints)", "\(row.counts.switches)", "\(row.counts.links)",
        millions(row.counts.cost), "$\(significantText(row.counts.costPerEndpoint.value))",
        "\(row.largest.endpoints)", "\(row.largest.switches)", "\(row.largest.links)",
        millions(row.largest.cost),
      ])
    }
    return table.text
  }

  static var json: JSONValue {
    .array(
      rows.map { row in
        .object([
          ("name", .text(row.kind.name)), ("summary", .text(row.kind.summary)),
          ("counts", json(row.counts)), ("largest", json(row.largest)),
          ("source", .text(row.kind.source)),
        ])
      })
  }

  private static func json(_ counts: TopologyCounts) -> JSONValue {
    .object([
      ("endpoints", .integer(Int64(counts.endpoints))),
      ("switches", .integer(Int64(counts.switches))), ("links", .integer(Int64(counts.links))),
      ("cost_usd", .real(counts.cost.value)),
      ("cost_per_endpoint_usd", .real(counts.costPerEndpoint.value)),
    ])
  }

  private static func millions(_ cost: USDollars) -> String {
    "$\(significantText(cost.value / 1e6)) M"
  }
}
