// Growing raw memory for plain records, used by the inner loops of the flow network.
//
// One of its two audited unsafe types (the other is CompletionQueue). Callers guarantee that
// indices are valid: debug builds check them on entry, release builds do not.

/// A growing array of plain records without bounds checks.
struct RawBuffer<Element: BitwiseCopyable>: ~Copyable {
  /// The first record; valid until the next `append` or `grow`.
  private(set) var base: UnsafeMutablePointer<Element>
  /// Records in use.
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int = 16) {
    self.capacity = max(1, capacity)
    base = .allocate(capacity: self.capacity)
  }

  init(repeating element: Element, count: Int) {
    self.init(capacity: count)
    base.initialize(repeating: element, count: count)
    self.count = count
  }

  deinit {
    base.deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// Adds a record at the end.
  ///
  /// Complexity: O(1) amortised.
  @inline(__always)
  mutating func append(_ element: Element) {
    if count == capacity { reserve(capacity * 2) }
    (base + count).initialize(to: element)
    count &+= 1
  }

  /// Adds records at the end, which the caller must write, and returns the address of the first.
  @inline(__always)
  mutating func grow(by extra: Int) -> UnsafeMutablePointer<Element> {
    if count + extra > capacity { reserve(max(capacity * 2, count + extra)) }
    count &+= extra
    return base + (count &- extra)
  }

  /// Appends equal records and returns the index of the first.
  mutating func grow(by extra: Int, repeating element: Element) -> Int {
    let first = count
    grow(by: extra).initialize(repeating: element, count: extra)
    return first
  }

  /// Removes all records and keeps the memory.
  @inline(__always)
  mutating func removeAll() { count = 0 }

  /// Removes and returns the last record.
  ///
  /// - Precondition: there is one.
  @inline(__always)
  mutating func removeLast() -> Element {
    assert(count > 0)
    count &-= 1
    return base[count]
  }

  @inline(never)
  private mutating func reserve(_ wider: Int) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: wider)
    memory.moveInitialize(from: base, count: count)
    base.deallocate()
    base = memory
    capacity = wider
  }
}
