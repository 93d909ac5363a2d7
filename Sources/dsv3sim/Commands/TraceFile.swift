// Reads routing traces written by `dsv3sim moe trace`.

import ResultsStore
import Routing
import Scenarios

/// Results files with routing traces.
enum TraceFile {
  private static let maker = "dsv3sim moe trace -o FILE"

  /// A trace in a file, with its hash.
  ///
  /// - Parameter number: number of the trace; nil for the last.
  /// - Throws: `CommandProblem` if the file has no such trace, `StoreProblem` for the file.
  static func load(_ path: String, number: Int64? = nil) throws -> (
    trace: RoutingTrace, hash: String
  ) {
    let store = try ResultsStore(path: path, mode: .read, maker: maker)
    guard let stored = try store.trace(number.map { TraceID(rawValue: $0) }) else {
      throw CommandProblem.badData(
        path, "has no trace \(number.map { "\($0)" } ?? "of routing")",
        advice: "make one with: \(maker)")
    }
    return (stored.trace, stored.hash)
  }
}

extension TraceFiles {
  /// Results files: the last trace, and the profile stored by `moe scale`, if any.
  static var stored: TraceFiles {
    TraceFiles { path throws(TraceFileProblem) in
      let allowed = "expected: a file that dsv3sim moe trace wrote"
      do throws(StoreProblem) {
        let store = try ResultsStore(path: path, mode: .read)
        let trace = try store.trace().map { ReplayedTrace($0.trace, hash: $0.hash) }
        let profile = try store.profile()
        if trace != nil || profile != nil { return Content(trace: trace, profile: profile) }
      } catch {
        if error.kind == .missing {
          throw TraceFileProblem("no such file", allowed: allowed, isMissing: true)
        }
        throw TraceFileProblem("cannot be used: \(error.what)", allowed: allowed)
      }
      throw TraceFileProblem("has no routing trace", allowed: allowed)
    }
  }
}
