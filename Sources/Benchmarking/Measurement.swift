// Timing and counting. Times are user CPU times of the process and the shortest of several runs,
// because wall time depends on other processes.

import CAllocationCount
import Glibc

/// User CPU time of this process so far, in seconds.
package func userSeconds() -> Double {
  var usage = rusage()
  let result = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  precondition(result == 0, "getrusage failed for the calling process")
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

/// The greatest memory of this process so far, in bytes.
package func peakMemoryBytes() -> Int {
  var usage = rusage()
  let result = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  precondition(result == 0, "getrusage failed for the calling process")
  return usage.ru_maxrss * 1024
}

/// The shortest user CPU time of several runs of `work`, in seconds.
///
/// - Precondition: `runs` is positive.
package func leastUserSeconds(runs: Int, _ work: () throws -> Void) rethrows -> Double {
  precondition(runs > 0, "\(runs) runs measure nothing")
  var least = Double.infinity
  for _ in 0..<runs {
    let start = userSeconds()
    try work()
    least = min(least, userSeconds() - start)
  }
  return least
}

/// The shortest user CPU time of `work`, in seconds, for work that may be shorter than the clock's
/// resolution: each timed run repeats it often enough.
///
/// - Parameters:
///   - runs: timed runs, of which the shortest counts.
///   - lasting: the minimum user CPU time of a timed run, in seconds.
///   - work: what is timed, called many times.
/// - Precondition: `runs` is positive.
package func leastUserSeconds(runs: Int, lasting: Double, _ work: () -> Void) -> Double {
  var repeats = 1
  while leastUserSeconds(runs: 1, { for _ in 0..<repeats { work() } }) < lasting { repeats *= 4 }
  return leastUserSeconds(runs: runs) { for _ in 0..<repeats { work() } } / Double(repeats)
}

/// Heap allocations of the calling thread during `work`; nil in a build that cannot count them:
/// under a sanitizer or without glibc.
package func allocations(during work: () -> Void) -> Int? {
  guard allocation_count_is_available() != 0 else { return nil }
  let before = allocation_count_of_thread()
  work()
  return Int(allocation_count_of_thread() - before)
}
