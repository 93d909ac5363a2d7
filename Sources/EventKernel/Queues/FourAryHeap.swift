// A heap with four children per node in raw memory. Two properties make it fast: the four children
// of a node share one cache line, and a pop leaves its hole at the root for the push that usually
// follows, so that the pair costs one sift down instead of one down and one up.
// Source: D. B. Johnson, "Priority queues with update and finding minimum spanning trees",
// Information Processing Letters 4(3), 1975 (d-ary heaps).

/// An event queue as an implicit 4-ary heap.
///
/// Places after the last entry hold `QueuedEvent.never`, so the minimum of four children is found
/// without checking how many there are.
public struct FourAryHeap: EventQueue, ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<QueuedEvent>
  /// The root; the children of `i` are `4 i + 1 ... 4 i + 4`.
  @usableFromInline var nodes: UnsafeMutablePointer<QueuedEvent>
  @usableFromInline var capacity: Int
  /// Nodes in use, including the hole.
  @usableFromInline var occupied = 0
  @usableFromInline var hasHole = false

  public init() {
    capacity = 60
    base = Self.allocate(capacity: capacity)
    nodes = base + Self.lead
  }

  deinit {
    base.deallocate()
  }

  @inlinable public var count: Int { occupied &- (hasHole ? 1 : 0) }

  /// The earliest entry, or `never`.
  ///
  /// - Precondition: `closeHole()` was called since the last `popFirst()`.
  @inlinable
  var first: QueuedEvent {
    assert(!hasHole)
    return nodes[0]
  }

  /// Adds an entry.
  ///
  /// Complexity: O(log n); O(1) on average right after the queue has grown, and one sift down after
  /// a pop.
  @inlinable
  public mutating func push(_ event: QueuedEvent) {
    if hasHole {
      hasHole = false
      placeFromRoot(event)
      return
    }
    if occupied == capacity { grow() }
    var place = occupied
    occupied &+= 1
    while place > 0 {
      let parent = (place &- 1) &>> 2
      if nodes[parent] < event { break }
      nodes[place] = nodes[parent]
      place = parent
    }
    nodes[place] = event
  }

  /// Removes and returns the earliest entry.
  ///
  /// Complexity: O(1) if a push follows, else O(log n), paid at the next call.
  @inlinable
  public mutating func popFirst() -> QueuedEvent? {
    if hasHole { closeHole() }
    if occupied == 0 { return nil }
    hasHole = true
    return nodes[0]
  }

  /// Closes the hole that the last pop left.
  ///
  /// Complexity: O(log n).
  @inlinable
  mutating func closeHole() {
    guard hasHole else { return }
    hasHole = false
    occupied &-= 1
    let last = nodes[occupied]
    nodes[occupied] = .never
    if occupied > 0 { placeFromRoot(last) }
  }

  /// Sinks `event` to its place from the root, whose own entry has been removed.
  @inlinable
  mutating func placeFromRoot(_ event: QueuedEvent) {
    var place = 0
    var children = 1
    while children < occupied {
      let child = nodes + children
      let left = child[1] < child[0] ? 1 : 0
      let right = child[3] < child[2] ? 3 : 2
      let least = child[right] < child[left] ? right : left
      let candidate = child[least]
      if event < candidate { break }
      nodes[place] = candidate
      place = children &+ least
      children = 4 &* place &+ 1
    }
    nodes[place] = event
  }

  public mutating func removeAll(where isStale: (QueuedEvent) -> Bool) {
    closeHole()
    let held = occupied
    var kept = 0
    for index in 0..<held where !isStale(nodes[index]) {
      nodes[kept] = nodes[index]
      kept += 1
    }
    for index in kept..<held { nodes[index] = .never }
    // Inserting in place: entry k only moves within nodes[0...k].
    occupied = 0
    for index in 0..<kept {
      let event = nodes[index]
      nodes[index] = .never
      push(event)
    }
  }

  /// Every entry held, in unspecified order.
  ///
  /// Complexity: O(n).
  func entries() -> [QueuedEvent] {
    Array(UnsafeBufferPointer(start: nodes + (hasHole ? 1 : 0), count: count))
  }

  /// Entries in front of the root, so that each group of four children fills one 64-byte line.
  private static var lead: Int { 3 }

  private static func allocate(capacity: Int) -> UnsafeMutablePointer<QueuedEvent> {
    let places = lead + capacity + 4
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: places * MemoryLayout<QueuedEvent>.stride, alignment: 64)
    let base = raw.bindMemory(to: QueuedEvent.self, capacity: places)
    base.initialize(repeating: .never, count: places)
    return base
  }

  @usableFromInline @inline(never)
  mutating func grow() {
    let wider = Self.allocate(capacity: capacity * 2)
    (wider + Self.lead).update(from: nodes, count: occupied)
    base.deallocate()
    base = wider
    nodes = wider + Self.lead
    capacity *= 2
  }
}
