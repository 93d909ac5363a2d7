// A cache of results that several trials need, such as block costs common to all schedules and the
// loads of a trace.

import Synchronization

/// A small cache keyed by the inputs of each value. Every value is made once; of each type of key,
/// the value that was asked for least recently is evicted first.
package final class SharedCosts: Sendable {
  /// Trials that run at the same time rarely need more different values of a type.
  private static let usualLimit = 8
  /// Capacity for each type of key.
  private let limit: Int

  /// A value, locked while it is being made.
  private final class Entry: Sendable {
    let key: any Sendable
    let value = Mutex<(any Sendable)?>(nil)

    init(key: any Sendable) { self.key = key }
  }

  private let entries = Mutex<[Entry]>([])
  /// Called now and then with what a trial has done.
  let progress: (@Sendable (TrialProgress) -> Void)?

  /// - Parameters:
  ///   - limit: how many values are kept for each type of key.
  ///   - progress: called now and then with what a trial has done, by any thread.
  package init(limit: Int? = nil, progress: (@Sendable (TrialProgress) -> Void)? = nil) {
    self.limit = limit ?? Self.usualLimit
    self.progress = progress
  }

  /// The value of a key, made by the first trial that asks; concurrent callers wait for it.
  func value<Key: Equatable & Sendable, Value: Sendable>(
    for key: Key, make: () throws -> Value
  ) rethrows -> Value {
    let entry = entries.withLock { entries in
      let place = entries.firstIndex { ($0.key as? Key) == key }
      let entry = place.map { entries.remove(at: $0) } ?? Entry(key: key)
      let alike = entries.indices.filter { entries[$0].key is Key }
      if alike.count == limit { entries.remove(at: alike[0]) }
      entries.append(entry)
      return entry
    }
    return try entry.value.withLock { known in
      if let value = known as? Value { return value }
      let value = try make()
      known = value
      return value
    }
  }
}

/// What a trial has done so far.
package enum TrialProgress: Sendable {
  /// Requests of a service that have ended, and all of them.
  case requests(Int, of: Int)
  /// Draws of what is not known exactly that have been simulated, and all of them.
  case draws(Int, of: Int)
}
