// SQL of a user on an intact results file.

import Foundation
import Reports
import ResultsStore

/// An input as SQL.
struct QueryInput {
  private let sql: String
  private let bench: FuzzBench
  /// Time for a query: fuzzing has no minutes to wait.
  private static let timeLimit = Duration.milliseconds(500)

  init(_ input: [UInt8], _ bench: FuzzBench) {
    sql = String(decoding: input, as: UTF8.self)
    self.bench = bench
  }

  /// Runs the query; whatever it is, the file stays as it was.
  func run() throws -> String? {
    let (store, path, bytes) = try bench.queried()
    let answer: Result<ResultTable, any Error> = Result {
      try store.query(sql, timeLimit: Self.timeLimit)
    }
    let now = try Data(contentsOf: URL(filePath: path))
    guard now.elementsEqual(bytes) else { return "the query changed the file" }
    let table = try answer.get()
    for format in OutputFormat.allCases where table.text(format).isEmpty {
      return "nothing printed as \(format)"
    }
    return table.rows.allSatisfy { $0.count == table.columns.count } ? nil : "rows of other length"
  }
}
