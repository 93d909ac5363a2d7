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
    let answer = try store.query(try sql(for: question))
    try emit(answer.text(format))
    let kinds = ReportCatalogue.named(question)?.questionKinds ?? []
    if answer.rows.isEmpty, !kinds.isEmpty {
      remark(
        "\(question) applies only to runs of \(kinds.joined(separator: " or "));"
          + " \(results) has none")
    }
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
