// What several trials need and one of them computes: block costs that every schedule shares, and
// the loads of a trace.

import Synchronization

/// A few values by what they depend on, each made once; what was not asked for the longest is
/// forgotten first.
final class SharedCosts: Sendable {
  /// Values that are kept: an experiment's last axis rarely changes more at a time.
  private static let limit = 8

  /// A value, locked while it is made.
  private final class Entry: Sendable {
    let key: any Sendable
    let value = Mutex<(any Sendable)?>(nil)

    init(key: any Sendable) { self.key = key }
  }

  private let entries = Mutex<[Entry]>([])

  /// The value of a key, made where no trial has made it yet; others wait for it meanwhile.
  func value<Key: Equatable & Sendable, Value: Sendable>(
    for key: Key, make: () throws -> Value
  ) rethrows -> Value {
    let entry = entries.withLock { entries in
      let place = entries.firstIndex { ($0.key as? Key) == key }
      let entry = place.map { entries.remove(at: $0) } ?? Entry(key: key)
      if entries.count == Self.limit { entries.removeFirst() }
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
