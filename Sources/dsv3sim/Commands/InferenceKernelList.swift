// `dsv3sim kernels` of an inference scenario: every piece of every kind of layer, what binds it.

import Cluster
import ModelCost
import Reports
import Scenarios
import Serving
import Units

/// The kernels and exchanges of one microbatch with their times.
struct InferenceKernelList {
  private struct Row {
    var layer: String
    var part: String
    var name: String
    var shape: String
    var seconds: Double
    var boundBy: String
    var source: String
  }

  private let rows: [Row]
  private let sequences: Int

  init(_ scenario: InferenceScenario) {
    let spec = scenario.inference
    let costs = InferenceCosts(
      spec: spec, model: scenario.model, cluster: scenario.cluster)
    sequences = spec.microbatchSizes[0]
    var rows: [Row] = []
    for kind in LayerKind.allCases where kind != .mtp || spec.mtpAcceptance != nil {
      let queries = kind == .head && spec.phase == .prefill ? 1 : spec.queries
      let kernels = costs.kernels(
        of: kind, sequences: sequences, imbalance: 1, queries: queries)
      for part in LayerKernels.Part.allCases {
        for kernel in kernels[part, .forward] {
          let time = costs.time(kernel)
          rows.append(
            Row(
              layer: kind.rawValue, part: part.rawValue, name: kernel.name,
              shape: kernel.shape.text, seconds: time.seconds,
              boundBy: time.boundBy.rawValue, source: time.source))
        }
      }
      if kind == .moe { rows += Self.exchanges(costs, spec, sequences: sequences) }
    }
    self.rows = rows
  }

  private static func exchanges(
    _ costs: InferenceCosts, _ spec: InferenceSpec, sequences: Int
  ) -> [Row] {
    ExpertExchange.Direction.allCases.map { direction in
      Row(
        layer: LayerKind.moe.rawValue, part: "exchange", name: direction.rawValue,
        shape: "\(sequences * spec.queries) tokens",
        seconds: costs.exchangeSeconds(
          direction, sequences: sequences, load: costs.balance.mostLoaded.first ?? .mean),
        boundBy: "network",
        source: spec.phase == .decode
          ? "ep.h100.ll, ep.ll.*" : "ep.h100.normal, ep.v0.normal, ep.v1.*")
    }
  }

  var text: String {
    var table = TextTable(columns: [
      ("layer", .left), ("part", .left), ("kernel", .left), ("shape [m, n, k]", .right),
      ("us", .right), ("bound by", .left), ("source", .left),
    ])
    for row in rows {
      table.addRow([
        row.layer, row.part, row.name, row.shape, significantText(row.seconds * 1e6),
        row.boundBy, row.source,
      ])
    }
    return table.text + "\none microbatch of \(sequences) sequences, the mean load of experts\n\n"
      + bounds.text
  }

  /// Time of each kind of layer by what binds it.
  private var bounds: TextTable {
    let kinds = ["compute", "memory", "network"]
    var table = TextTable(
      columns: [("layer", .left)] + kinds.map { ("\($0), us", .right) })
    for layer in LayerKind.allCases.map(\.rawValue) {
      let own = rows.filter { $0.layer == layer }
      guard !own.isEmpty else { continue }
      table.addRow(
        [layer]
          + kinds.map { kind in
            significantText(
              own.filter { $0.boundBy == kind }.reduce(0) { $0 + $1.seconds } * 1e6)
          })
    }
    return table
  }

  var json: String {
    JSONValue.array(
      rows.map { row in
        .object([
          ("layer", .text(row.layer)), ("part", .text(row.part)), ("kernel", .text(row.name)),
          ("shape", .text(row.shape)), ("time_s", .real(row.seconds)),
          ("bound_by", .text(row.boundBy)), ("source", .text(row.source)),
        ])
      }
    ).description + "\n"
  }
}
