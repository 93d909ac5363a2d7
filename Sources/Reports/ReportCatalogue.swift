// The reports of the folder `reports`, compiled in. To add one: add a file with a head of comments
//   -- title: ...   -- question: ...   -- column NAME: what it is, with its unit
// and one statement that only reads. A report on one kind of question has `-- for: KIND` too, as
// `run.question` names it, and no row for runs of another.

/// A question to a results file: SQL with a title and a note on each column.
public struct Report: Sendable {
  /// The name on the command line: the file without `.sql`.
  public let name: String
  /// The title.
  public let title: String
  /// The question that it answers.
  public let question: String
  /// The only kind of question whose runs it tells of; nil for all.
  public let questionKind: String?
  /// What each column is, in the order of print.
  public let columns: [(name: String, note: String)]
  /// The whole file.
  public let sql: String

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
      if parts[0] == "for" { questionKind = parts[1] }
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
public enum ReportCatalogue {
  /// Every report, ordered by name.
  public static let all = embeddedReports.map { Report(name: $0.name, sql: $0.text) }

  /// What each report answers, as a table.
  public static var text: String {
    var table = TextTable(columns: [("report", .left), ("question", .left)])
    for report in all { table.addRow([report.name, report.question]) }
    return table.text
  }

  /// The report with a name, or nil.
  public static func named(_ name: String) -> Report? {
    all.first { $0.name == name }
  }

  /// The report whose name is nearest to a misspelt one, or nil where none is near.
  public static func nearest(to name: String) -> Report? {
    nearest(to: name, among: all.map(\.name)).flatMap(named)
  }

  /// The known name nearest to a misspelt one, or nil where none is near.
  public static func nearest(to name: String, among known: [String]) -> String? {
    let candidates = known.map { (name: $0, distance: editDistance($0, name)) }
    guard let best = candidates.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, best.name.count / 3) ? best.name : nil
  }

  /// Insertions, deletions and substitutions between two words (Levenshtein), case ignored.
  static func editDistance(_ first: String, _ second: String) -> Int {
    let target = Array(second.lowercased())
    var row = Array(0...target.count)
    for (line, letter) in first.lowercased().enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for (column, other) in target.enumerated() {
        let substituted = diagonal + (letter == other ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
      }
    }
    return row[target.count]
  }
}
