// The bars of a timeline one at a time, so that their number is bounded by the file alone.

import Recording
import Units

extension ResultsStore {
  /// The bars of a run in the order of the record, or those of some streams.
  ///
  /// One cursor at a time; no other question while it is in use.
  ///
  /// - Throws: `StoreProblem` when the file cannot be read.
  public func spanCursor(
    of run: RunID, streams: [String]? = nil
  ) throws(StoreProblem) -> SpanCursor {
    let chosen = streams.map { streams in
      let quoted = streams.map { stream in
        let parts = stream.split(separator: "'", omittingEmptySubsequences: false)
        return "'" + parts.joined(separator: "''") + "'"
      }
      return " AND stream IN (" + quoted.joined(separator: ", ") + ")"
    }
    let member = try column("member", of: "span", or: "0")
    let cursor = try connection().cursor(
      """
      SELECT rank, \(member), stream, label, phase, stage, microbatch, start_ps, end_ps FROM span
      WHERE run = \(run.rawValue)\(chosen ?? "") ORDER BY position
      """, timeLimit: .seconds(3600))
    return SpanCursor(cursor, path: path)
  }
}

/// A walk over bars.
public final class SpanCursor {
  private let cursor: RowCursor
  private let path: String

  init(_ cursor: RowCursor, path: String) {
    self.cursor = cursor
    self.path = path
  }

  /// The next bar, or nil after the last.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  public func next() throws(StoreProblem) -> Span? {
    guard let values = try cursor.next() else { return nil }
    var row = StoredRow(values: values, path: path)
    return Span(
      rank: Int(try row.integer()), member: Int(try row.integer()), stream: try row.text(),
      label: try row.text(),
      phase: try row.named(Phase.self), stage: Int(try row.integer()),
      microbatch: Int(try row.integer()), start: SimTime(picoseconds: try row.integer()),
      end: SimTime(picoseconds: try row.integer()))
  }
}
