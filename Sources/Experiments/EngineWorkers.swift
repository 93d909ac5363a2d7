// Threads for the engine, which starts none itself. Its results do not depend on their number.

import Dispatch
import MoEEngine
import Synchronization

extension Workers {
  /// So many threads of this process, with the calling one.
  ///
  /// - Precondition: `count` is positive.
  public static func threads(_ count: Int) -> Workers {
    precondition(count > 0, "work needs a thread")
    guard count > 1 else { return .one }
    return Workers(count: count) { parts, body in
      let next = Atomic(0)
      // concurrentPerform returns after its last call, so the body does not outlive this one, and
      // the engine's parts write disjoint memory: that is what makes sharing the closure safe.
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
