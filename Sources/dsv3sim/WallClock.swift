// Wall-clock time of a command.

import Foundation
import ResultsStore

/// Wall-clock time since a command began.
///
/// It is printed to stderr and stored as the `RunClock` of a run. No result depends on it, so
/// stdout is byte-stable.
struct WallClock {
  private let start = Date.now

  /// Seconds since the beginning.
  var seconds: Double { Date.now.timeIntervalSince(start) }

  /// The time as stored with a run.
  var runClock: RunClock { RunClock(startedAt: start, wallSeconds: seconds) }
}
