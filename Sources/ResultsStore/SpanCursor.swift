// The bars of a timeline one at a time, so that their number is bounded by the file alone.

import Recording

extension ResultsStore {
  /// The bars of a run in the order of the record, on all streams or some.
  ///
  /// One cursor at a time; no other question while it is in use.
  ///
  /// - Throws: `StoreProblem` when the file cannot be read.
  package func spanCursor(
    of run: RunID, streams: [String]? = nil
  ) throws(StoreProblem) -> SpanCursor {
    let chosen = streams.map { streams in
      let quoted = streams.map { stream in
        let parts = stream.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: "''") + "'"
      }
      return " AND stream IN (" + quoted.joined(separator: ", ") + ")"
    }
    let cursor = try connection().cursor(
      """
      SELECT * FROM span WHERE run = \(run.rawValue)\(chosen ?? "") ORDER BY position
      """, timeLimit: .seconds(3600))
    return SpanCursor(cursor, path: path)
  }
}

/// A walk over bars.
package final class SpanCursor {
  private let cursor: RowCursor
  private let path: String

  init(_ cursor: RowCursor, path: String) {
    self.cursor = cursor
    self.path = path
  }

  /// The next bar, or nil after the last.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  package func next() throws(StoreProblem) -> Span? {
    guard let values = try cursor.next() else { return nil }
    var row = StoredRow(columns: cursor.columns, values: values, path: path)
    return try Span(from: &row)
  }
}
