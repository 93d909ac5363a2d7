// The interface between the kernel and its queue structures. All structures yield the same order,
// because the order is part of the entries.

/// A priority queue of plain entries, earliest first.
public protocol EventQueue: ~Copyable {
  /// Makes an empty queue.
  init()

  /// Entries held.
  var count: Int { get }

  /// Adds an entry, whose order word differs from those of all entries held.
  mutating func push(_ event: QueuedEvent)

  /// Removes and returns the earliest entry; nil if there is none.
  mutating func popFirst() -> QueuedEvent?

  /// Removes every entry for which `isStale` is true.
  ///
  /// Complexity: O(n).
  mutating func removeAll(where isStale: (QueuedEvent) -> Bool)
}
