// The picture of a stored run.

import Recording
import ResultsStore

extension TimelinePicture {
  /// Makes the picture of a run; nil if nothing happens in the window.
  ///
  /// - Parameters:
  ///   - run: a run with a stored timeline.
  ///   - store: the results file that holds it.
  ///   - window: the seconds to draw; nil for the whole step.
  /// - Throws: `StoreProblem` for a problem with the file.
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
