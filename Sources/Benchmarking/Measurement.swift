// How things are measured: user CPU time of the process, the least of several runs, and counts
// where counts exist. Wall time would measure the neighbours.

import CAllocationCount
import Glibc

/// User CPU time of this process so far, in seconds.
public func userSeconds() -> Double {
  var usage = rusage()
  let result = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  precondition(result == 0, "getrusage knows the calling process")
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

/// The least user CPU time of several runs of a piece of work, in seconds.
///
/// - Precondition: `runs` is positive.
public func leastUserSeconds(runs: Int, _ work: () throws -> Void) rethrows -> Double {
  precondition(runs > 0, "nothing is measured in \(runs) runs")
  var least = Double.infinity
  for _ in 0..<runs {
    let start = userSeconds()
    try work()
    least = min(least, userSeconds() - start)
  }
  return least
}

/// The least user CPU time of a piece of work that may be short beside the grain of the system's
/// clock: repeated until a run takes long enough.
///
/// - Parameter lasting: user CPU seconds of a timed run at least.
/// - Precondition: `runs` is positive.
public func leastUserSeconds(runs: Int, lasting: Double, _ work: () -> Void) -> Double {
  var repeats = 1
  while leastUserSeconds(runs: 1, { for _ in 0..<repeats { work() } }) < lasting { repeats *= 4 }
  return leastUserSeconds(runs: runs) { for _ in 0..<repeats { work() } } / Double(repeats)
}

/// Heap allocations of the calling thread during a piece of work; nil in a build that cannot count,
/// which is one under a sanitizer or without glibc.
public func allocations(during work: () -> Void) -> Int? {
  guard allocation_count_is_available() != 0 else { return nil }
  let before = allocation_count_of_thread()
  work()
  return Int(allocation_count_of_thread() - before)
}
