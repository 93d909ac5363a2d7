// The reports in the folder `reports`, compiled in. To add one, add a file with header comments
//   -- title: ...   -- question: ...   -- for: KIND, KIND or all   -- column NAME: note with unit
// and one read-only statement. KIND is a value of `run.question`; the report has no rows for runs
// of any other kind. A report that leaves runs of its kinds out says what they lack: -- needs: ...

import ResultsStore
import Text

/// A report on a results file: SQL with a title and a note on each column.
package struct Report: Sendable {
  /// The name on the command line: the file name without `.sql`.
  package let name: String
  /// The title.
  package let title: String
  /// The question that it answers.
  package let question: String
  /// The kinds of question whose runs it covers; empty for all.
  package let questionKinds: [String]
  /// What a run of these kinds must have to be shown; empty for reports that show every one.
  package let needs: String
  /// The name and note of each column, in print order.
  package let columns: [(name: String, note: String)]
  /// The whole file.
  package let sql: String

  /// Whether it reads the times of GPUs, by itself or through a view.
  package var readsTimes: Bool {
    ["rank_time", "bubble_ratio", "schedule_comparison"].contains { sql.contains($0) }
  }

  /// Parses the header of a report file. A missing line leaves its field empty.
  init(name: String, sql: String) {
    var (title, question, needs) = ("", "", "")
    var questionKinds: [String] = []
    var columns: [(name: String, note: String)] = []
    for line in sql.split(separator: "\n").prefix(while: { $0.hasPrefix("--") }) {
      let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1).map(Self.trimmed)
      guard parts.count == 2 else { continue }
      if parts[0] == "title" { title = parts[1] }
      if parts[0] == "question" { question = parts[1] }
      if parts[0] == "needs" { needs = parts[1] }
      if parts[0] == "for", parts[1] != "all" {
        questionKinds = parts[1].split(separator: ",").map(Self.trimmed)
      }
      if parts[0].hasPrefix("column ") {
        columns.append((name: Self.trimmed(parts[0].dropFirst(7)), note: parts[1]))
      }
    }
    self.name = name
    self.title = title
    self.question = question
    self.questionKinds = questionKinds
    self.needs = needs
    self.columns = columns
    self.sql = sql
  }

  /// Why the answer for a file has no row; nil for a report on all runs.
  ///
  /// - Throws: `StoreProblem` for a problem with the file.
  package func reasonOfNoRows(in store: ResultsStore) throws(StoreProblem) -> String? {
    guard !questionKinds.isEmpty else { return nil }
    let kinds = questionKinds.map { "'\($0)'" }.joined(separator: ", ")
    let found = try store.query("SELECT 1 FROM run WHERE question IN (\(kinds)) LIMIT 1")
    guard !found.rows.isEmpty else {
      return "\(name) applies only to runs of \(questionKinds.joined(separator: " or "));"
        + " \(store.path) has none"
    }
    return needs.isEmpty ? nil : "\(name) needs \(needs); no run of \(store.path) has them all"
  }

  private static func trimmed(_ text: Substring) -> String {
    var view = text
    while view.first == " " { view.removeFirst() }
    while view.last == " " { view.removeLast() }
    return String(view)
  }
}

/// The built-in reports.
package enum ReportCatalogue {
  /// Every report, sorted by name.
  package static let all = embeddedTexts.map { Report(name: $0.name, sql: $0.text) }

  /// A table of the reports with their questions and the runs that they cover, and of the one that
  /// is not SQL.
  package static var text: String {
    var table = TextTable(columns: [("report", .left), ("runs", .left), ("question", .left)])
    for report in all {
      let kinds = report.questionKinds.map { RunSummary.words($0) }
      let runs = kinds.isEmpty ? "all" : kinds.joined(separator: ", ")
      table.addRow([report.name, runs, report.question])
    }
    table.addRow([
      Sensitivity.reportName, "of one experiment", "Which input moves the result most?",
    ])
    return table.text
  }

  /// Returns the report with a name, or nil.
  package static func named(_ name: String) -> Report? {
    all.first { $0.name == name }
  }
}
