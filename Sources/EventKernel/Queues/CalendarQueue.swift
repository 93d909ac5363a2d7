// A calendar queue: time is divided into days of a power of two of picoseconds. Each day has a page
// with room for a few entries, and a bitmap marks the pages in use. Today's entries are in a short
// sorted list. Entries that fit nowhere (beyond the last page, on a full page, too many today) go
// to a heap, which bounds the worst case. A push is one store that no later instruction waits for,
// and pops read the pages sequentially; therefore it beats the heap when many events are pending.
// Source of the idea: R. Brown, "Calendar queues: a fast O(1) priority queue implementation for the
// simulation event set problem", CACM 31(10), 1988. Bitmap, fixed pages and heap are original here.

/// An event queue as a calendar with a bitmap, and a heap for the overflow.
///
/// Invariants: `near` holds only days up to `today`, sorted; pages hold only the days after `today`
/// up to `today` + `dayMask`; `rest` may hold anything.
public struct CalendarQueue: EventQueue, ~Copyable {
  /// Today's entries, the earliest last.
  @usableFromInline let near: UnsafeMutablePointer<QueuedEvent>
  @usableFromInline var nearCount = 0

  @usableFromInline var pages: UnsafeMutablePointer<QueuedEvent>
  @usableFromInline var entriesOnPage: UnsafeMutablePointer<UInt8>
  @usableFromInline var writtenPages: UnsafeMutablePointer<UInt64>
  @usableFromInline var pagedCount = 0

  @usableFromInline var today: UInt64 = 0
  /// A day is 2^`dayShift` picoseconds; 63 makes all of time one day.
  @usableFromInline var dayShift: UInt64 = 63
  /// Pages - 1; the number of pages is a power of two, at least 64.
  @usableFromInline var dayMask: UInt64 = 63

  @usableFromInline var rest = FourAryHeap()

  @usableFromInline var popCount = 0
  /// The pop at which the calendar next checks whether its day length fits the events.
  @usableFromInline var reviewAt = Self.leastReviewPeriod
  var reviewedPopCount = 0
  var reviewedTime: UInt64 = 0

  /// Entries that fit on a page: one cache line.
  @inlinable static var pageCapacity: Int { 4 }
  /// Entries that fit in the sorted list.
  @inlinable static var nearCapacity: Int { 8 }
  static var leastReviewPeriod: Int { 1024 }

  public init() {
    near = .allocate(capacity: Self.nearCapacity)
    pages = Self.allocatePages(64)
    entriesOnPage = .allocate(capacity: 64)
    entriesOnPage.initialize(repeating: 0, count: 64)
    writtenPages = .allocate(capacity: 1)
    writtenPages.initialize(repeating: 0, count: 1)
  }

  deinit {
    near.deallocate()
    pages.deallocate()
    entriesOnPage.deallocate()
    writtenPages.deallocate()
  }

  @inlinable public var count: Int { nearCount &+ pagedCount &+ rest.count }

  /// Adds an entry.
  ///
  /// Complexity: O(1) when it fits on a page or in today's list, else O(log n).
  @inlinable
  public mutating func push(_ event: QueuedEvent) {
    let day = event.picoseconds &>> dayShift
    // As unsigned numbers, today and all earlier days are beyond the last page.
    if day &- today &- 1 < dayMask {
      let page = Int(truncatingIfNeeded: day & dayMask)
      let written = Int(entriesOnPage[page])
      if written < Self.pageCapacity {
        pages[page &* Self.pageCapacity &+ written] = event
        entriesOnPage[page] = UInt8(truncatingIfNeeded: written &+ 1)
        writtenPages[page &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: page & 63)
        pagedCount &+= 1
        return
      }
    } else if day <= today, nearCount < Self.nearCapacity {
      insertNear(event)
      return
    }
    rest.push(event)
  }

  /// Removes and returns the earliest entry.
  ///
  /// Complexity: O(1) if it is on a page or in today's list, else O(log n); at most one O(n)
  /// rebuild per n pops.
  @inlinable
  public mutating func popFirst() -> QueuedEvent? {
    if nearCount == 0, !openNextPage() { return popRest() }
    let event = near[nearCount &- 1]
    if rest.first < event { return popRest() }
    nearCount &-= 1
    popCount &+= 1
    return event
  }

  /// Inserts an entry into today's sorted list.
  @inlinable @inline(__always)
  mutating func insertNear(_ event: QueuedEvent) {
    var place = nearCount
    while place > 0, near[place &- 1] < event {
      near[place] = near[place &- 1]
      place &-= 1
    }
    near[place] = event
    nearCount &+= 1
  }

  /// Makes the next day with a used page today; false if no page is in use or the heap has an
  /// earlier day.
  ///
  /// Complexity: O(1) on average over the pops between two reviews.
  @inlinable
  mutating func openNextPage() -> Bool {
    if popCount >= reviewAt { review() }
    if nearCount > 0 { return true }
    if pagedCount == 0 { return false }
    let start = (today &+ 1) & dayMask
    let wordMask = Int(truncatingIfNeeded: dayMask &>> 6)
    var word = Int(truncatingIfNeeded: start &>> 6)
    var bits = writtenPages[word] & (UInt64.max &<< (start & 63))
    while bits == 0 {
      word = (word &+ 1) & wordMask
      bits = writtenPages[word]
    }
    let page = word &<< 6 &+ bits.trailingZeroBitCount
    let day = today &+ ((UInt64(truncatingIfNeeded: page) &- today) & dayMask)
    if rest.first.picoseconds &>> dayShift < day { return false }
    today = day
    let written = Int(entriesOnPage[page])
    entriesOnPage[page] = 0
    writtenPages[word] &= ~(1 &<< UInt64(truncatingIfNeeded: page & 63))
    pagedCount &-= written
    let first = pages + page &* Self.pageCapacity
    near[0] = first[0]
    nearCount = 1
    var index = 1
    while index < written {
      insertNear(first[index])
      index &+= 1
    }
    return true
  }

  /// Removes the earliest entry of the heap, which is the earliest of all.
  @inlinable @inline(never)
  mutating func popRest() -> QueuedEvent? {
    guard let event = rest.popFirst() else { return nil }
    rest.closeHole()
    // Only forward: pages up to `today` + `dayMask` may be in use.
    if nearCount == 0 { today = max(today, event.picoseconds &>> dayShift) }
    popCount &+= 1
    if popCount >= reviewAt { review() }
    return event
  }
}
