// How the results for a kind of question are shown: one value per kind. To add a kind, add a file
// next to this one and a line in the catalogue.

import Recording
import Text

/// The presentation of a run for a kind of question, and of a comparison of such runs.
package struct QuestionForm: Sendable {
  /// The stored name of the kind.
  package let name: String
  /// The heading of the first section of a run's summary, with its results.
  let yield: String
  /// The metric that answers the question in one figure, for sensitivities.
  let headline: MetricKind
  /// The two metrics to minimise, and the meaning of the Pareto mark.
  let costs: ComparisonCosts
  /// The parameter compared at each combination of the others, and its title; nil if there is none.
  let subject: (key: String, title: String)?
  /// Whether rows are sorted by the first cost; otherwise they keep the order of the trials.
  let isRanked: Bool
  /// The name of the rows in JSON.
  let rowsName: String
  /// The text tables, each with the same rows.
  let tables: [ComparisonTable]
  /// Further JSON members of a row, in addition to settings and metrics.
  let details: @Sendable (ComparisonRow) -> [(name: String, value: JSONValue)]

  /// Every kind of question.
  package static let catalogue: [QuestionForm] = [
    .trainingStep, .inferenceStep, .service, .trainingRun,
  ]

  /// Returns the form for a stored name; older files without names have training steps.
  static func named(_ name: String) -> QuestionForm {
    catalogue.first { $0.name == name } ?? .trainingStep
  }

  /// Returns the form for an experiment, by the question of its trials or, if no trial ran, by the
  /// setting that they vary.
  static func of(_ trials: [TrialRecord]) -> QuestionForm {
    if let record = trials.lazy.compactMap(\.record).first {
      return named(record.provenance.question)
    }
    let keys = trials.first?.parameters.map(\.key) ?? []
    let hasSubject = catalogue.first { $0.subject.map { keys.contains($0.key) } ?? false }
    return hasSubject ?? catalogue.first { $0.subject == nil } ?? .trainingStep
  }
}

/// Two metrics of a row, both to be minimised.
struct ComparisonCosts: Sendable {
  let first: @Sendable (ComparisonRow) -> Double
  /// What the first cost is, where a table shows several that it could be.
  var firstTitle: String?
  let second: @Sendable (ComparisonRow) -> Double
}

/// A table of a comparison.
struct ComparisonTable: Sendable {
  /// A column in addition to the parameters.
  struct Column: Sendable {
    let title: String
    var alignment = TextTable.Alignment.right
    /// A metric that at least one row must have for the column to appear; nil if it always appears.
    var needs: MetricKind?
    /// Whether the column appears only if rows have draws in common.
    var needsDraws = false
    /// Makes the cell of a row; `best` is the first row.
    let cell: @Sendable (_ row: ComparisonRow, _ best: ComparisonRow) -> String

    init(
      _ title: String, _ alignment: TextTable.Alignment = .right, needs: MetricKind? = nil,
      cell: @escaping @Sendable (_ row: ComparisonRow, _ best: ComparisonRow) -> String
    ) {
      self.title = title
      self.alignment = alignment
      self.needs = needs
      self.cell = cell
    }

    init(
      _ title: String, _ alignment: TextTable.Alignment = .right, needs: MetricKind? = nil,
      cell: @escaping @Sendable (_ row: ComparisonRow) -> String
    ) {
      self.init(title, alignment, needs: needs) { row, _ in cell(row) }
    }
  }

  let title: String
  let columns: [Column]
  var notes: [String] = []
}
