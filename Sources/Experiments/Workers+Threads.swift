// Threads for the rooms that start none themselves. Results do not depend on their number.

import Dispatch
import Synchronization
import Units

extension Workers {
  /// A number of threads in this process, including the calling thread.
  ///
  /// - Precondition: `count` is positive.
  package static func threads(_ count: Int) -> Workers {
    precondition(count > 0, "at least one thread works")
    guard count > 1 else { return .one }
    return Workers(count: count) { parts, body in
      let next = Atomic(0)
      // Sharing the closure is safe: concurrentPerform returns after its last call, so `body` does
      // not escape, and parts write disjoint memory.
      nonisolated(unsafe) let body = body
      DispatchQueue.concurrentPerform(iterations: min(count, parts)) { _ in
        while true {
          let part = next.add(1, ordering: .relaxed).oldValue
          guard part < parts else { return }
          body(part)
        }
      }
    }
  }
}
