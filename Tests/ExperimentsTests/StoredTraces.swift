// Traces in results files, for scenarios that name one.

import ResultsStore
import Routing
import Scenarios

extension TraceFiles {
  /// Reads the last trace of a file.
  static let stored = TraceFiles { path throws(TraceFileProblem) in
    do throws(StoreProblem) {
      let store = try ResultsStore(path: path, mode: .read)
      let trace = try store.trace().map { ReplayedTrace($0.trace, hash: $0.hash) }
      return Content(trace: trace, profile: try store.profile())
    } catch {
      throw TraceFileProblem(error.what)
    }
  }
}
