// Reading a routing trace that `dsv3sim moe trace` wrote.

import ResultsStore
import Routing

/// Results files with routing traces.
enum TraceFile {
  /// A trace of a file and its hash.
  ///
  /// - Parameter number: which one; nil for the last.
  /// - Throws: `CommandFailure` where the file has no such trace, `StoreProblem` for the file.
  static func load(_ path: String, number: Int64? = nil) throws -> (
    trace: RoutingTrace, hash: String
  ) {
    let store = try ResultsStore(path: path, mode: .read)
    guard let stored = try store.trace(number.map { TraceID(rawValue: $0) }) else {
      throw CommandFailure(
        status: 65,
        message: "error: \(path): has no trace \(number.map { "\($0)" } ?? "of routing")\n"
          + "  make one with: dsv3sim moe trace -o FILE")
    }
    return (stored.trace, stored.hash)
  }
}
