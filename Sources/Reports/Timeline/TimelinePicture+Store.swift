// The picture of a stored run.

import Recording
import ResultsStore

extension TimelinePicture {
  /// The picture of a run, or nil where nothing happens in the window.
  ///
  /// - Parameter window: seconds of the step; nil for all of it.
  /// - Throws: `StoreProblem` for the file.
  package init?(
    of run: StoredRun, in store: ResultsStore, window: Range<Double>?
  ) throws(StoreProblem) {
    let cursor = try store.spanCursor(of: run.id, streams: Self.streams)
    var spans: [Span] = []
    while let span = try cursor.next() { spans.append(span) }
    let schedule = run.schedule.isEmpty ? "" : ", \(run.schedule)"
    self.init(title: run.scenarioName + schedule, spans: spans, window: window)
  }
}
