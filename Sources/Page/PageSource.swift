// A results file as a source of a report: the run or the experiment that it shows, and the rows of
// each figure.

import Foundation
import Recording
import ResultsStore

/// What a report shows of a file.
package enum PageChoice: Hashable, Sendable {
  /// What was stored last: a run, or the experiment that it belongs to.
  case latest
  case run(Int64)
  case experiment(Int64)
}

/// A figure with its rows.
struct ShownFigure {
  var figure: PageFigure
  /// The query with the numbers of the run or the experiment.
  var sql: String
  var rows: ResultTable
  /// Whether the query has more rows than the page.
  var isCut: Bool
  /// The bars of a timeline.
  var spans: SpanText?
}

/// What a report shows of one file.
package struct PageSource {
  /// The file's name.
  let file: String
  let title: String
  /// Facts about the run or the experiment, for the head of the page.
  let facts: [String]
  let figures: [ShownFigure]

  /// Reads what a report shows.
  ///
  /// - Throws: `StoreProblem` for a problem with the file, or if it has no such run or experiment.
  package init(_ store: ResultsStore, path: String, _ choice: PageChoice) throws {
    let file = URL(filePath: path).lastPathComponent
    let subject = try Subject(store, choice)
    let tables = Set(
      try store.query("SELECT name FROM sqlite_schema WHERE type = 'table'").rows.map {
        $0[0].words
      })
    figures = try PageFigure.all.compactMap { figure in
      guard tables.contains(figure.table), let sql = subject.sql(of: figure) else { return nil }
      return try ShownFigure(figure, sql: sql, of: subject.run, in: store)
    }
    self.file = file
    title = subject.title
    facts = subject.facts
  }
}

extension ShownFigure {
  /// The figure with its rows; nil if it has none.
  fileprivate init?(
    _ figure: PageFigure, sql: String, of run: Int64?, in store: ResultsStore
  ) throws(StoreProblem) {
    self.figure = figure
    self.sql = sql
    if figure.form == .timeline {
      guard let run else { return nil }
      let spans = try SpanText(store, run: RunID(rawValue: run))
      guard spans.count > 0 else { return nil }
      self.spans = spans
      rows = ResultTable(columns: [], rows: [])
      isCut = false
      return
    }
    var rows: ResultTable
    do {
      rows = try store.query("\(sql)\nLIMIT \(figure.limit + 1)")
    } catch  where error.kind == .badQuery {
      // A file of an older program lacks a column; a test runs every query on a new one.
      return nil
    }
    guard !rows.rows.isEmpty else { return nil }
    isCut = rows.rows.count > figure.limit
    if isCut { rows.rows.removeLast() }
    self.rows = rows
  }
}

/// The run and the experiment that a page is about.
private struct Subject {
  var run: Int64?
  var experiment: Int64?
  var title = ""
  var facts: [String] = []

  init(_ store: ResultsStore, _ choice: PageChoice) throws(StoreProblem) {
    switch choice {
    case .run(let number): run = try store.run(number).id.rawValue
    case .experiment(let number): try find(number, in: store)
    case .latest:
      let last = try store.query(
        """
        SELECT experiment.id, max(trial.run) FROM experiment
        LEFT JOIN trial ON trial.experiment = experiment.id
        GROUP BY experiment.id ORDER BY experiment.id DESC LIMIT 1
        """
      ).rows.first
      let lastRun = try store.query("SELECT max(id) FROM run").rows.first?.first?.whole
      if let last, let number = last[0].whole, lastRun == nil || last[1].whole == lastRun {
        try find(number, in: store)
      } else {
        run = try store.run().id.rawValue
      }
    }
    if let run { try describe(run: run, in: store) }
  }

  private mutating func find(
    _ number: Int64, in store: ResultsStore
  ) throws(StoreProblem) {
    let rows = try store.query(
      "SELECT name, kind, trial_count FROM experiment WHERE id = \(number)"
    ).rows
    guard let row = rows.first else {
      throw try store.missingExperiment(number)
    }
    experiment = number
    title = row[0].words
    facts = ["experiment \(number)", row[1].words] + (row[2].whole.map { ["\($0) trials"] } ?? [])
  }

  private mutating func describe(run: Int64, in store: ResultsStore) throws(StoreProblem) {
    let row = try store.query(
      """
      SELECT scenario_name, question, schedule, seed, program_version, fingerprint
      FROM run WHERE id = \(run)
      """
    ).rows[0].map(\.words)
    title = row[0]
    facts =
      ["run \(run)", row[1].map { $0 == "_" ? " " : String($0) }.joined()]
      + (row[2].isEmpty ? [] : [row[2]])
      + ["seed \(row[3])", "dsv3sim \(row[4])", "fingerprint \(row[5])"]
  }

  /// The query of a figure; nil if it is about something else.
  func sql(of figure: PageFigure) -> String? {
    switch figure.scope {
    case .run: run.map { figure.sql.replacingOccurrences(of: "{run}", with: String($0)) }
    case .experiment:
      experiment.map {
        figure.sql.replacingOccurrences(of: "{experiment}", with: String($0))
      }
    case .file: figure.sql
    }
  }
}

extension ResultValue {
  /// The text; a number in digits; empty for NULL.
  fileprivate var words: String {
    switch self {
    case .text(let text): text
    case .integer(let value): String(value)
    case .real(let value): String(value)
    case .null, .blob: ""
    }
  }

  /// The whole number; nil for anything else.
  fileprivate var whole: Int64? {
    if case .integer(let value) = self { value } else { nil }
  }
}
