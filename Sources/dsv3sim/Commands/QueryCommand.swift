// `dsv3sim query`: answers a report or read-only SQL from stored results.

import ArgumentParser
import Reports
import ResultsStore
import Text

struct QueryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Query stored results by report name or in SQL.",
    discussion: "Without a question, it lists the reports.")

  @Argument(help: "Results file written by run or compare.")
  var results: String

  @Argument(help: "A report, for example gpu-hours, or a SELECT statement.")
  var question: String?

  @Option(help: "Form of the result.")
  var format = OutputFormat.table

  mutating func run() throws {
    let store = try ResultsStore(path: results, mode: .read)
    guard let question else { return try emit(ReportCatalogue.text) }
    if question == Sensitivity.reportName {
      let sensitivity = try Sensitivity(of: try store.sensitiveExperiment(), in: store)
      return try emit(sensitivity.table.text(format))
    }
    let report = ReportCatalogue.named(question)
    if report?.readsTimes ?? false { try store.checkTimes() }
    let isEmpty = try write(try sql(for: question), of: store)
    if isEmpty, let reason = try report?.reasonOfNoRows(in: store) { remark(reason) }
  }

  /// Writes the answer, as CSV row by row; returns whether it has no row.
  private func write(_ sql: String, of store: ResultsStore) throws -> Bool {
    guard format == .csv else {
      let answer = try store.query(sql)
      try emit(answer.text(format))
      return answer.rows.isEmpty
    }
    return try store.cursor(sql).writeCSV(emit) == 0
  }

  private func sql(for question: String) throws -> String {
    if let report = ReportCatalogue.named(question) { return report.sql }
    guard !question.contains(where: \.isWhitespace) else { return question }
    throw CommandProblem.usage(
      "\(quoted(question)) is neither a report nor SQL",
      advice: knownText(
        ReportCatalogue.all.map(\.name) + [Sensitivity.reportName], insteadOf: question))
  }
}
