// How things are measured: user CPU time of the process, the least of several runs, and counts where
// counts exist. Wall time would measure the neighbours.

import CAllocationCount
import Glibc

/// One measured figure.
public struct BenchmarkFigure: Equatable, Sendable {
  /// What was measured, with dots between its parts: `kernel.hold.1024.calendar`.
  public var name: String
  /// The amount.
  public var value: Double
  /// Its unit: `events/s`, `allocations/event`.
  public var unit: String
}

/// User CPU time of this process so far, in seconds.
public func userSeconds() -> Double {
  var usage = rusage()
  precondition(getrusage(RUSAGE_SELF, &usage) == 0, "getrusage knows the calling process")
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

/// The least user CPU time of several runs of a piece of work, in seconds.
public func leastUserSeconds(runs: Int, _ work: () -> Void) -> Double {
  var least = Double.infinity
  for _ in 0..<runs {
    let start = userSeconds()
    work()
    least = min(least, userSeconds() - start)
  }
  return least
}

/// Heap allocations of the calling thread during a piece of work; nil in a build that cannot count.
public func allocations(during work: () -> Void) -> Int? {
  guard allocation_count_is_available() != 0 else { return nil }
  let before = allocation_count_of_thread()
  work()
  return Int(allocation_count_of_thread() - before)
}
