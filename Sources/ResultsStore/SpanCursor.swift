// Reads the bars of a timeline one at a time, so that memory does not limit their number.

import Recording

extension ResultsStore {
  /// Returns a cursor over the bars of a run in the order of the record, on all streams or some.
  ///
  /// Only one cursor may be in use, and no other query meanwhile.
  ///
  /// - Throws: `StoreProblem` if the file cannot be read.
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

/// A cursor over the bars of a timeline.
package final class SpanCursor {
  private let cursor: RowCursor
  private let path: String

  init(_ cursor: RowCursor, path: String) {
    self.cursor = cursor
    self.path = path
  }

  /// Returns the next bar, or nil after the last one.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  package func next() throws(StoreProblem) -> Span? {
    guard let values = try cursor.next() else { return nil }
    var row = StoredRow(columns: cursor.columns, values: values, path: path)
    return try Span(from: &row)
  }
}
