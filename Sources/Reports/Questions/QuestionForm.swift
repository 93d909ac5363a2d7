// How the answers to a kind of question are shown: a value for each kind, as schedules are values.
// To add one: a file beside this one and a line in the catalogue.

import Recording
import Text

/// What is said of a run that answered a kind of question, and of several beside each other.
package struct QuestionForm: Sendable {
  /// The name of the kind, as results keep it.
  package let name: String
  /// The head of the first section of a run's summary, which tells what it yields.
  let yield: String
  /// The two figures of which every choice wants the best, and what the mark at them says.
  let costs: ComparisonCosts
  /// The parameter that is compared at each point of the others, and its title; nil without one.
  let subject: (key: String, title: String)?
  /// Whether rows are ordered by the first cost; otherwise they stay in the order of the trials.
  let isRanked: Bool
  /// The name of the rows in JSON.
  let rowsName: String
  /// The tables for people, each with the same rows.
  let tables: [ComparisonTable]
  /// What JSON says of a row beside settings and metrics.
  let details: @Sendable (ComparisonRow) -> [(name: String, value: JSONValue)]

  /// Every kind of question.
  package static let catalogue: [QuestionForm] = [.trainingStep, .inferenceStep]

  /// The form of a stored name; files from before names were kept have steps of training.
  static func named(_ name: String) -> QuestionForm {
    catalogue.first { $0.name == name } ?? .trainingStep
  }

  /// The form for an experiment: the one for its trials' question or, where no trial ran, for the
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

/// Two figures of a row, both the less the better.
struct ComparisonCosts: Sendable {
  let first: @Sendable (ComparisonRow) -> Double
  let second: @Sendable (ComparisonRow) -> Double
}

/// A table of a comparison.
struct ComparisonTable: Sendable {
  /// A column beside the parameters.
  struct Column: Sendable {
    let title: String
    var alignment = TextTable.Alignment.right
    /// A figure without which the column is left out, if no row has it; nil for always there.
    var needs: MetricKind?
    /// The cell of a row; `best` is the first row.
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
