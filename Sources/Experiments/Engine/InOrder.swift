// Work on several threads whose results leave in order, as they complete.

import Dispatch
import Foundation

/// Runs the parts of a range side by side.
enum InOrder {
  /// The cores of this machine.
  static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
  /// Results that may wait for an earlier one, for each worker: what bounds memory.
  private static let patience = 4

  /// Calls `work` for every index, at most `workers` at a time, and `deliver` with each result in
  /// the order of the indices, one call at a time.
  ///
  /// - Throws: the first error of `deliver`; work that has begun is finished before.
  /// - Precondition: `workers` is positive.
  static func run<Value: Sendable, Failure: Error>(
    _ indices: Range<Int>, workers: Int, work: @Sendable (Int) -> Value,
    deliver: (Value) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(workers > 0, "work needs a worker")
    guard !indices.isEmpty else { return }
    let count = min(workers, indices.count)
    // concurrentPerform returns after its last call, so neither closure outlives this one, and all
    // calls of `deliver` hold the lock: that is what makes sharing it safe.
    nonisolated(unsafe) let deliver = deliver
    let queue = Queue<Value, Failure>(indices, ahead: patience * count)
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      while let index = queue.take() { queue.finish(index, work(index), deliver) }
    }
    if let failure = queue.failure { throw failure }
  }

  /// Indices to be taken, and results that wait for earlier ones.
  private final class Queue<Value: Sendable, Failure: Error>: @unchecked Sendable {
    private let lock = NSCondition()
    private let end: Int
    private let ahead: Int
    private var next: Int
    private var delivered: Int
    private var waiting: [Int: Value] = [:]
    private(set) var failure: Failure?

    init(_ indices: Range<Int>, ahead: Int) {
      (next, delivered, end) = (indices.lowerBound, indices.lowerBound, indices.upperBound)
      self.ahead = ahead
    }

    /// The next index, once it is not too far ahead; nil after the last or after a failure.
    func take() -> Int? {
      lock.lock()
      defer { lock.unlock() }
      // The index that all wait for is in somebody's hands, who will finish it.
      while failure == nil, next < end, next - delivered >= ahead { lock.wait() }
      guard failure == nil, next < end else { return nil }
      next += 1
      return next - 1
    }

    /// Keeps a result and delivers those that nothing earlier holds up.
    func finish(
      _ index: Int, _ value: Value, _ deliver: (Value) throws(Failure) -> Void
    ) {
      lock.lock()
      defer { lock.unlock() }
      waiting[index] = value
      while failure == nil, let value = waiting.removeValue(forKey: delivered) {
        do throws(Failure) { try deliver(value) } catch { failure = error }
        delivered += 1
      }
      lock.broadcast()
    }
  }
}
