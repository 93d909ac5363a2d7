// How the file of a scenario's routing trace is read. The reader is handed in, so that this room
// does not depend on how traces are stored. Nothing is computed from a trace while a scenario is
// read.

import Routing
import Synchronization
import Text

/// Reads the files that routing traces are stored in.
package struct TraceFiles: Sendable {
  /// What a file gives.
  package enum Content: Sendable {
    /// Loads that the file's last trace was scaled up to.
    case profile(LoadProfile)
    /// The last trace, not scaled yet, and its hash.
    case trace(RoutingTrace, hash: String)
  }

  /// The content of a file.
  package let content: @Sendable (_ path: String) throws(TraceFileProblem) -> Content

  package init(
    content: @escaping @Sendable (_ path: String) throws(TraceFileProblem) -> Content
  ) {
    self.content = content
  }

  /// Refuses every file.
  package static let unread = TraceFiles { _ throws(TraceFileProblem) in
    throw TraceFileProblem("cannot be read here")
  }

  /// The same reader, which reads each file once.
  var remembering: TraceFiles {
    let known = Known()
    return TraceFiles { path throws(TraceFileProblem) in
      try known.contents.withLock { contents in
        let answer = contents[path] ?? Result { () throws(TraceFileProblem) in try content(path) }
        contents[path] = answer
        return answer
      }.get()
    }
  }

  /// What was read.
  private final class Known: Sendable {
    let contents = Mutex<[String: Result<Content, TraceFileProblem>]>([:])
  }
}

/// Why a file gives no trace.
package struct TraceFileProblem: ExplainedError, Hashable {
  /// What is wrong with the file, without its name.
  package var message: String
  /// What would be right; nil where there is nothing to add.
  package var allowed: String?

  package init(_ message: String, allowed: String? = nil) {
    self.message = message
    self.allowed = allowed
  }

  package var explanations: [Explanation] { [Explanation(message, advice: allowed)] }
}
