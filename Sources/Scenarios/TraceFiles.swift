// How a scenario's routing trace is read, handed in so that this room needs not see how it is kept.

import Routing
import Synchronization

/// Reads the files that routing traces are stored in.
public struct TraceFiles: Sendable {
  /// Why a file gives no loads.
  public struct Problem: Error, Hashable, Sendable {
    /// What is wrong with the file, without its name.
    public var message: String
    /// What would be right; nil where there is nothing to add.
    public var allowed: String?

    public init(_ message: String, allowed: String? = nil) {
      self.message = message
      self.allowed = allowed
    }
  }

  /// The loads of a file's last trace, scaled to the layers of a model.
  public var profile:
    @Sendable (_ path: String, _ layers: Int) -> Result<LoadProfile, TraceFiles.Problem>

  public init(
    profile:
      @escaping @Sendable (_ path: String, _ layers: Int) -> Result<
        LoadProfile, TraceFiles.Problem
      >
  ) {
    self.profile = profile
  }

  /// Refuses every file.
  public static let unread = TraceFiles { _, _ in .failure(Problem("cannot be read here")) }

  /// The same reader, which reads each file once for each number of layers.
  var remembering: TraceFiles {
    let known = Known()
    return TraceFiles { path, layers in
      known.answers.withLock { answers in
        let key = "\(layers) \(path)"
        let answer = answers[key] ?? profile(path, layers)
        answers[key] = answer
        return answer
      }
    }
  }

  /// What was read.
  private final class Known: Sendable {
    let answers = Mutex<[String: Result<LoadProfile, TraceFiles.Problem>]>([:])
  }
}
