// Reading a routing trace that `dsv3sim moe trace` wrote.

import ResultsStore
import Routing
import Scenarios

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

extension TraceFiles {
  /// Sequences that are routed to fit a trace while a scenario is read: a quarter of what `moe
  /// scale` takes, some ten seconds for 256 experts.
  private static let sequences = TraceScaling.usualSequences / 4

  /// Results files: the profile that `moe scale` left beside the trace, or else one that is fitted
  /// now, at the published level.
  static var stored: TraceFiles {
    TraceFiles { path, layers in
      let allowed = "expected: a file that dsv3sim moe trace wrote"
      do throws(StoreProblem) {
        let store = try ResultsStore(path: path, mode: .read)
        if let profile = try store.profile() { return .success(profile) }
        guard let (trace, hash) = try store.trace(), TraceScaling.canScale(trace) else {
          return .failure(Problem("has no routing trace", allowed: allowed))
        }
        let scaled = TraceScaling.scale(
          trace, hash: hash, layers: layers, level: TraceScaling.publishedSigma,
          sequences: max(sequences, 4 * trace.domains.count), seed: 1)
        return .success(scaled.profile)
      } catch {
        return .failure(Problem("cannot be used: \(error.what)", allowed: allowed))
      }
    }
  }
}
