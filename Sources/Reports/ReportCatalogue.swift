// The reports of the folder `reports`, compiled in. To add one: add a file with a head of comments
//   -- title: ...   -- question: ...   -- for: KIND or all   -- column NAME: note with unit
// and one statement that only reads. KIND is a value of `run.question`; the report has no row for
// runs of any other kind.

import Text

/// A question about a results file: SQL with a title and a note on each column.
package struct Report: Sendable {
  /// The name on the command line: the file without `.sql`.
  package let name: String
  /// The title.
  package let title: String
  /// The question that it answers.
  package let question: String
  /// The only kind of question whose runs it covers; nil for all.
  package let questionKind: String?
  /// What each column is, in the order of print.
  package let columns: [(name: String, note: String)]
  /// The whole file.
  package let sql: String

  /// Reads the head of a report file. A line that is missing leaves its field empty.
  init(name: String, sql: String) {
    var title = ""
    var question = ""
    var questionKind: String?
    var columns: [(name: String, note: String)] = []
    for line in sql.split(separator: "\n").prefix(while: { $0.hasPrefix("--") }) {
      let parts = line.dropFirst(2).split(separator: ":", maxSplits: 1).map(Self.trimmed)
      guard parts.count == 2 else { continue }
      if parts[0] == "title" { title = parts[1] }
      if parts[0] == "question" { question = parts[1] }
      if parts[0] == "for", parts[1] != "all" { questionKind = parts[1] }
      if parts[0].hasPrefix("column ") {
        columns.append((name: Self.trimmed(parts[0].dropFirst(7)), note: parts[1]))
      }
    }
    self.name = name
    self.title = title
    self.question = question
    self.questionKind = questionKind
    self.columns = columns
    self.sql = sql
  }

  private static func trimmed(_ text: Substring) -> String {
    var view = text
    while view.first == " " { view.removeFirst() }
    while view.last == " " { view.removeLast() }
    return String(view)
  }
}

/// The reports that the program knows.
package enum ReportCatalogue {
  /// Every report, ordered by name.
  package static let all = embeddedTexts.map { Report(name: $0.name, sql: $0.text) }

  /// What each report answers, and for which runs, as a table.
  package static var text: String {
    var table = TextTable(columns: [("report", .left), ("runs", .left), ("question", .left)])
    for report in all {
      let runs = report.questionKind.map { RunSummary.words($0) } ?? "all"
      table.addRow([report.name, runs, report.question])
    }
    return table.text
  }

  /// The report with a name, or nil.
  package static func named(_ name: String) -> Report? {
    all.first { $0.name == name }
  }
}
