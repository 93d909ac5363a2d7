// The one door between the kernel and its queue structures. Every structure behind it yields the
// same order, because the order is in the entries.

/// A priority queue of plain entries, earliest first.
public protocol EventQueue: ~Copyable {
  /// Makes an empty queue.
  init()

  /// Entries held.
  var count: Int { get }

  /// Adds an entry. Its order word differs from the order words of all entries held.
  mutating func push(_ event: QueuedEvent)

  /// Takes the earliest entry out; nil when there is none.
  mutating func popFirst() -> QueuedEvent?

  /// Drops every entry for which `isStale` is true.
  ///
  /// Complexity: O(n).
  mutating func removeAll(where isStale: (QueuedEvent) -> Bool)
}
