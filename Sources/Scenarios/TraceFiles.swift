// Access to the file of a scenario's routing trace. The reader is injected, so that this room does
// not depend on how traces are stored. Nothing is computed from a trace while a scenario is read.

import Routing
import Synchronization
import Text

/// Reads files of routing traces.
package struct TraceFiles: Sendable {
  /// The content of a file: a trace, loads scaled up from it, or both.
  package struct Content: Sendable {
    /// The last trace.
    package var trace: ReplayedTrace?
    /// Loads scaled up from it.
    package var profile: LoadProfile?

    package init(trace: ReplayedTrace?, profile: LoadProfile?) {
      self.trace = trace
      self.profile = profile
    }

    /// Loads without a trace.
    package static func profile(_ profile: LoadProfile) -> Content {
      Content(trace: nil, profile: profile)
    }

    /// A trace, not yet scaled up.
    package static func trace(_ trace: RoutingTrace, hash: String) -> Content {
      Content(trace: ReplayedTrace(trace, hash: hash), profile: nil)
    }
  }

  /// Reads a file.
  package let content: @Sendable (_ path: String) throws(TraceFileProblem) -> Content

  package init(
    content: @escaping @Sendable (_ path: String) throws(TraceFileProblem) -> Content
  ) {
    self.content = content
  }

  /// A reader that rejects every file.
  package static let unread = TraceFiles { _ throws(TraceFileProblem) in
    throw TraceFileProblem("cannot be read here")
  }

  /// The same reader with a cache, so that each file is read once.
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

  /// The results of files already read.
  private final class Known: Sendable {
    let contents = Mutex<[String: Result<Content, TraceFileProblem>]>([:])
  }
}

/// The reason why a file has no usable trace.
package struct TraceFileProblem: ExplainedError, Hashable {
  /// The problem, without the name of the file.
  package var message: String
  /// Advice; nil if there is none.
  package var allowed: String?
  /// Whether the problem is that there is no such file.
  package var isMissing: Bool

  package init(_ message: String, allowed: String? = nil, isMissing: Bool = false) {
    self.message = message
    self.allowed = allowed
    self.isMissing = isMissing
  }

  package var explanations: [Explanation] { [Explanation(message, advice: allowed)] }
}
