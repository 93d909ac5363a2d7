// Parallel work whose results are delivered in order, as they complete.

import Dispatch
import Foundation

/// Processes a range of indices in parallel.
enum InOrder {
  /// Number of cores of this machine.
  static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
  /// Results per worker that may wait for an earlier one, which bounds memory.
  private static let backlogPerWorker = 4

  /// Calls `work` for every index, at most `workers` at a time, and `deliver` with each result in
  /// the order of the indices, one call at a time.
  ///
  /// - Throws: the first error of `deliver`, after work in progress has finished.
  /// - Precondition: `workers` is positive.
  static func run<Value: Sendable, Failure: Error>(
    _ indices: Range<Int>, workers: Int, work: @Sendable (Int) -> Value,
    deliver: (Value) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(workers > 0, "at least one worker is needed")
    guard !indices.isEmpty else { return }
    let count = min(workers, indices.count)
    // Sharing `deliver` is safe: concurrentPerform returns after its last call, so the closure does
    // not escape, and every call of it holds the lock.
    nonisolated(unsafe) let deliver = deliver
    let queue = Queue<Value, Failure>(indices, ahead: backlogPerWorker * count)
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      while let index = queue.take() { queue.finish(index, work(index), deliver) }
    }
    if let failure = queue.failure { throw failure }
  }

  /// Indices not yet taken, and results that wait for earlier ones.
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
      // This cannot deadlock: the index that holds up delivery is being worked on.
      while failure == nil, next < end, next - delivered >= ahead { lock.wait() }
      guard failure == nil, next < end else { return nil }
      next += 1
      return next - 1
    }

    /// Stores a result and delivers all results that no earlier index holds up.
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
