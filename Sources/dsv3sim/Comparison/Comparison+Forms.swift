// A comparison for programs: JSON with everything of each trial, CSV with a line for each.

import Recording
import Reports
import ResultsStore

extension Comparison {
  /// `schedules` with all figures of the trials that ran, and `refused` with their reasons.
  var json: String {
    JSONValue.object([
      ("schedules", .array(rows.map(Self.json))),
      (
        "refused",
        .array(
          refused.map { row in
            .object([
              ("schedule", .text(row.schedule)), ("settings", Self.json(row.settings)),
              ("reason", .text(row.reason)),
            ])
          })
      ),
    ]).description + "\n"
  }

  /// A line for each trial, the refused ones with their reason in the last column.
  var csv: String {
    let kinds = MetricKind.allCases
    let columns = keys + ["schedule", "pareto"] + kinds.map(\.rawValue) + ["refusal"]
    let ran = rows.map { row -> [ResultValue] in
      row.settings.map { .text($0.value) } + [.text(row.schedule), .integer(row.isPareto ? 1 : 0)]
        + kinds.map { kind in row.record.value(kind).map { .real($0) } ?? .null } + [.null]
    }
    let others = refused.map { row -> [ResultValue] in
      row.settings.map { .text($0.value) } + [.text(row.schedule), .integer(0)]
        + kinds.map { _ in .null } + [.text(row.reason)]
    }
    return ResultTable(columns: columns, rows: ran + others).csv
  }

  private static func json(_ settings: [(key: String, value: String)]) -> JSONValue {
    .object(settings.map { ($0.key, .text($0.value)) })
  }

  private static func json(_ row: Row) -> JSONValue {
    .object([
      ("schedule", .text(row.schedule)), ("settings", json(row.settings)),
      ("pareto", .bool(row.isPareto)),
      ("metrics", .object(row.record.metrics.map { ($0.kind.rawValue, .real($0.value)) })),
      ("closed_form", closedForm(row)), ("ranks", .array(ranks(row))),
      ("fingerprint", .text(row.record.provenance.fingerprint)),
    ])
  }

  private static func closedForm(_ row: Row) -> JSONValue {
    guard let form = row.closedForm else { return .null }
    return .object([
      ("form", .text(form.text)), ("published_bubble_s", .real(form.published)),
      ("difference_s", .real(row.value(.bubbleTime) - form.published)),
      ("of_order_s", .real(row.orderSeconds)),
      ("of_stage_imbalance_s", .real(row.idleSeconds(.stageImbalance))),
      ("of_expert_imbalance_s", .real(row.idleSeconds(.expertImbalance))),
      ("of_pipeline_transfer_s", .real(row.idleSeconds(.pipelineTransfer))),
    ])
  }

  /// Memory and idle time of each rank.
  private static func ranks(_ row: Row) -> [JSONValue] {
    let ranks = Set(row.record.memory.map(\.rank)).sorted()
    return ranks.map { rank in
      let uses = row.record.memory.filter { $0.rank == rank }
      let times = row.record.rankTimes.filter { $0.rank == rank }
      let idle = times.meanSeconds(overGPUs: times.gpuCount) { $0.phase == .bubble }
      return .object([
        ("rank", .integer(Int64(rank))),
        ("peak_memory_bytes", .real(uses.reduce(0) { $0 + $1.bytes.value })),
        (
          "activation_bytes",
          .real(uses.first { $0.kind == .activations }?.bytes.value ?? 0)
        ),
        ("bubble_s", .real(idle)),
      ])
    }
  }
}
