// How long a command takes for the person who waits.

import Foundation
import ResultsStore

/// The wall clock since a command began.
///
/// It goes to stderr and into the run's own row of a file, `RunClock`; no result depends on it, so
/// stdout stays the same bytes.
struct WallClock {
  private let start = Date.now

  /// Seconds since the beginning.
  var seconds: Double { Date.now.timeIntervalSince(start) }

  /// What a file keeps of it.
  var runClock: RunClock { RunClock(startedAt: start, wallSeconds: seconds) }
}
