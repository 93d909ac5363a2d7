// Steps of inference over a grid: a row for each point in the grid's order, those worth a choice
// marked, the refused ones apart.

import Experiments
import Recording
import Reports
import ResultsStore
import Units

/// What a comparison of steps of inference found.
struct InferenceTable {
  /// A point of the grid.
  private struct Row {
    var settings: [(key: String, value: String)]
    /// Nil where the point was refused.
    var record: RunRecord?
    var refusal: String?
    /// Whether no other row yields more and keeps less memory busy.
    var isPareto = false

    func value(_ kind: MetricKind) -> Double { record?.value(kind) ?? 0 }
  }

  private let keys: [String]
  private let rows: [Row]

  init(trials: [TrialRecord]) {
    keys = trials.first?.parameters.map(\.key) ?? []
    var rows = trials.map { trial in
      switch trial.outcome {
      case .ran(let record): Row(settings: trial.parameters, record: record)
      case .refused(let reason): Row(settings: trial.parameters, refusal: reason)
      }
    }
    let ran = rows.indices.filter { rows[$0].record != nil }
    let costs = ran.map {
      (first: -rows[$0].value(.tokensPerSecondPerNode), second: rows[$0].value(.peakMemory))
    }
    for (index, isMember) in zip(ran, ParetoFront.members(costs)) {
      rows[index].isPareto = isMember
    }
    self.rows = rows
  }

  /// The comparison in a form.
  func text(_ format: OutputFormat) -> String {
    switch format {
    case .table: table
    case .json: json
    case .csv: csv
    }
  }

  private var table: String {
    let isPlanned = rows.contains { $0.record?.value(.plannedMaxOverMean) != nil }
    var table = TextTable(
      columns: keys.map { (shortName($0), .right) } + [
        ("step", .right), ("TPOT", .right), ("tokens/s of a node", .right), ("exposed", .right),
        ("fullest GPU / mean", .right),
      ] + (isPlanned ? [("planned for", .right)] : []) + [
        ("memory", .right), ("largest batch", .right), ("", .left),
      ])
    for row in rows where row.record != nil {
      let planned = row.record?.value(.plannedMaxOverMean).map { significantText($0) } ?? "-"
      table.addRow(
        row.settings.map(\.value) + [
          durationText(seconds: row.value(.inferenceStepTime)),
          row.record?.value(.timePerOutputToken).map { durationText(seconds: $0) } ?? "-",
          significantText(row.value(.tokensPerSecondPerNode)),
          percentText(row.value(.exposedCommunicationRatio)),
          significantText(row.value(.gpuLoadMaxOverMean)),
        ] + (isPlanned ? [planned] : []) + [
          memoryText(bytes: row.value(.peakMemory)), "\(Int(row.value(.largestBatch)))",
          row.isPareto ? "*" : "",
        ])
    }
    let refused = rows.compactMap { row in
      row.refusal.map { reason in
        "  " + row.settings.map { "\(shortName($0.key))=\($0.value)" }.joined(separator: " ")
          + ": \(reason.prefix { $0 != "\n" })\n"
      }
    }
    let ran =
      rows.count > refused.count
      ? table.text + "\n*: no other row yields more tokens a second and needs less memory\n" : ""
    guard !refused.isEmpty else { return ran }
    return ran + (ran.isEmpty ? "" : "\n") + "refused\n" + refused.joined()
  }

  private var json: String {
    JSONValue.object([
      (
        "points",
        .array(
          rows.map { row in
            .object([
              ("settings", .object(row.settings.map { ($0.key, .text($0.value)) })),
              ("pareto", .bool(row.isPareto)),
              (
                "metrics",
                row.record.map { record in
                  .object(record.metrics.map { ($0.kind.rawValue, .real($0.value)) })
                } ?? .null
              ),
              ("refusal", row.refusal.map { .text($0) } ?? .null),
              ("fingerprint", row.record.map { .text($0.provenance.fingerprint) } ?? .null),
            ])
          })
      )
    ]).description + "\n"
  }

  private var csv: String {
    let kinds = MetricKind.allCases
    return ResultTable(
      columns: keys + ["pareto"] + kinds.map(\.rawValue) + ["refusal"],
      rows: rows.map { row in
        row.settings.map { .text($0.value) } + [.integer(row.isPareto ? 1 : 0)]
          + kinds.map { kind in row.record?.value(kind).map { .real($0) } ?? .null }
          + [row.refusal.map { .text($0) } ?? .null]
      }
    ).csv
  }
}
