// A comparison of the trials of an experiment, for every kind of question. Pareto-optimal trials
// are marked; trials without a run are listed separately with their reason. The output depends on
// records alone, so a stored comparison is shown again byte for byte.

import Recording
import ResultsStore
import Statistics
import Text

/// A trial that ran.
struct ComparisonRow: Sendable {
  /// The parameters except the subject, in order.
  var settings: [(key: String, value: String)]
  /// The value of the compared parameter; nil if there is none besides the settings.
  var subject: String?
  var record: RunRecord
  /// Whether the row is Pareto-optimal: no other row is better in one cost and no worse in the
  /// other.
  var isPareto = false
  /// How sure it is that another row is the best; nil for the best row itself, and without draws.
  var rivalry: Rivalry?

  /// Returns the metric's value in its unit; 0 if the run has none.
  func value(_ kind: MetricKind) -> Double { record.value(kind) ?? 0 }
}

/// The result of a comparison.
package struct Comparison: Sendable {
  /// A trial without a run.
  private struct Refused {
    var settings: [(key: String, value: String)]
    var subject: String?
    var reason: String
  }

  private let form: QuestionForm
  private let keys: [String]
  private let rows: [ComparisonRow]
  private let refused: [Refused]

  /// - Parameter trials: the trials of one experiment, in order.
  package init(_ trials: [TrialRecord]) {
    let form = QuestionForm.of(trials)
    func parts(_ trial: TrialRecord) -> (settings: [(key: String, value: String)], String?) {
      let subject = trial.parameters.first { $0.key == form.subject?.key }
      return (trial.parameters.filter { $0.key != form.subject?.key }, subject?.value)
    }
    var rows: [ComparisonRow] = []
    var refused: [Refused] = []
    for trial in trials {
      let (settings, subject) = parts(trial)
      if let record = trial.record {
        rows.append(ComparisonRow(settings: settings, subject: subject, record: record))
      } else if let reason = trial.outcome.reason {
        refused.append(Refused(settings: settings, subject: subject, reason: reason))
      }
    }
    let costs = rows.map { (first: form.costs.first($0), second: form.costs.second($0)) }
    for (index, isMember) in ParetoFront.members(costs).enumerated() {
      rows[index].isPareto = isMember
    }
    if let best = costs.indices.min(by: { (costs[$0].first, $0) < (costs[$1].first, $1) }) {
      for index in rows.indices where index != best {
        rows[index].rivalry = Rivalry(
          (rows[index].record, costs[index].first), (rows[best].record, costs[best].first))
      }
    }
    let order =
      form.isRanked
      ? rows.indices.sorted { (costs[$0].first, $0) < (costs[$1].first, $1) } : Array(rows.indices)
    self.form = form
    self.rows = order.map { rows[$0] }
    self.refused = refused
    keys = trials.first.map { parts($0).settings.map(\.key) } ?? []
  }

  /// Returns the comparison in a format, ending with a line end.
  package func text(_ format: OutputFormat) -> String {
    switch format {
    case .table: table
    case .json: json.description + "\n"
    case .csv: csv.csv
    }
  }

  /// The tables of the question, each with the same rows, then the trials without a run.
  private var table: String {
    let ran = rows.isEmpty ? "" : form.tables.map(text).joined(separator: "\n")
    guard !refused.isEmpty else { return ran }
    let lines = refused.map { row in
      let place = row.settings.map { "\(Self.shortName($0.key))=\($0.value)" } + [row.subject]
      let words = place.compactMap(\.self).joined(separator: " ")
      return "  \(words): \(row.reason.prefix { $0 != "\n" })\n"
    }
    return ran + (ran.isEmpty ? "" : "\n") + "refused\n" + lines.joined()
  }

  private func text(_ table: ComparisonTable) -> String {
    let columns = table.columns.filter { column in
      (column.needs.map { needed in rows.contains { $0.record.value(needed) != nil } } ?? true)
        && (!column.needsDraws || rows.contains { $0.rivalry != nil })
    }
    let isSimulated = form.name == QuestionForm.service.name
    let notes =
      table.notes
      + (columns.contains(where: \.needsDraws)
        ? [Rivalry.note(form.costs.firstTitle, isSimulated: isSimulated)] : [])
    let subject = form.subject.map { [(title: $0.title, alignment: TextTable.Alignment.left)] }
    var text = TextTable(
      columns: (subject ?? []) + keys.map { (title: Self.shortName($0), alignment: .right) }
        + columns.map { (title: $0.title, alignment: $0.alignment) }, indent: 2)
    for row in rows {
      let own = form.subject == nil ? [] : [row.subject ?? row.record.provenance.schedule]
      text.addRow(own + row.settings.map(\.value) + columns.map { $0.cell(row, rows[0]) })
    }
    return table.title + "\n" + text.text + notes.map { "  \($0)\n" }.joined()
  }

  /// All metrics of the trials that ran, and under `refused` the others with their reasons.
  private var json: JSONValue {
    .object([
      (
        form.rowsName,
        .array(
          rows.map { row in
            .object(
              point(row.subject, row.settings) + [
                ("pareto", .bool(row.isPareto)),
                (
                  "metrics",
                  .object(row.record.metrics.map { ($0.name, .real($0.value)) })
                ),
              ] + (row.rivalry?.json ?? []) + form.details(row)
                + [("fingerprint", .text(row.record.fingerprint))])
          })
      ),
      (
        "refused",
        .array(
          refused.map {
            .object(point($0.subject, $0.settings) + [("reason", .text($0.reason))])
          })
      ),
    ])
  }

  private func point(
    _ subject: String?, _ settings: [(key: String, value: String)]
  ) -> [(name: String, value: JSONValue)] {
    let own = form.subject.map { [($0.title, JSONValue.text(subject ?? ""))] } ?? []
    return own + [("settings", .object(settings.map { ($0.key, .text($0.value)) }))]
  }

  /// One line per trial; trials without a run come last, with their reason in the last column.
  private var csv: ResultTable {
    // Metrics of services are many, and only services have them.
    let kinds = MetricKind.all.filter { kind in
      !MetricKind.service.contains(kind) || rows.contains { $0.record.value(kind) != nil }
    }
    func place(_ settings: [(key: String, value: String)], _ subject: String?) -> [ResultValue] {
      settings.map { .text($0.value) } + (form.subject == nil ? [] : [.text(subject ?? "")])
    }
    let ran = rows.map { row -> [ResultValue] in
      place(row.settings, row.subject)
        + [.integer(row.isPareto ? 1 : 0), row.rivalry.map { .real($0.share) } ?? .null]
        + kinds.map { kind in row.record.value(kind).map { .real($0) } ?? .null } + [.null]
    }
    let others = refused.map { row -> [ResultValue] in
      place(row.settings, row.subject) + [.integer(0), .null] + kinds.map { _ in .null }
        + [.text(row.reason)]
    }
    return ResultTable(
      columns: keys + (form.subject.map { [$0.title] } ?? []) + ["pareto", "beats_best"]
        + kinds.map(\.name) + ["refusal"], rows: ran + others)
  }

  /// Returns the last component of a key: `microbatches` for `training.microbatches`.
  private static func shortName(_ key: String) -> String {
    key.split(separator: ".").last.map(String.init) ?? key
  }
}
