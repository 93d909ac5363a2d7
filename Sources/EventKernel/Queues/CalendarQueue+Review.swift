// How the calendar adapts its day length and number of pages, and moves its entries into new ones.

extension CalendarQueue {
  /// Target number of entries per page near today: quick to sort, and few pages are empty.
  static var wantedEntriesPerDay: Double { 1 }
  /// Pages per entry held: with random times the last page is a few mean delays ahead.
  static var pagesPerEntry: Int { 4 }
  static var mostPages: Int { 1 << 18 }

  /// Compares day length and page count with the pops since the last review, and rebuilds the
  /// calendar if either is off by more than a factor of two.
  ///
  /// Complexity: O(1), or O(n) for a rebuild; reviews are at least n pops apart.
  @usableFromInline @inline(never)
  mutating func review() {
    guard let earliest = timeOfEarliest() else { return }
    let pops = popCount - reviewedPopCount
    let elapsed = earliest > reviewedTime ? earliest - reviewedTime : 0
    reviewedPopCount = popCount
    reviewedTime = max(earliest, reviewedTime)
    let held = count
    reviewAt = popCount + max(Self.leastReviewPeriod, held)

    guard held > Self.nearCapacity else {
      if dayShift != 63 { rebuild(dayShift: 63, pageCount: 64) }
      return
    }
    guard elapsed > 0 else { return }
    let wantedDay = Double(elapsed) / Double(pops) * Self.wantedEntriesPerDay
    let fit = wantedDay / Double(sign: .plus, exponent: Int(dayShift), significand: 1)
    var wantedPages = 64
    while wantedPages < min(held * Self.pagesPerEntry, Self.mostPages) { wantedPages *= 2 }
    let pageCount = Int(dayMask) + 1
    let isDayFit = 0.45 < fit && fit < 2.2
    let isPageCountFit = wantedPages <= pageCount && pageCount <= wantedPages * 4
    if isDayFit && isPageCountFit { return }
    let shift = min(62, max(0, (wantedDay * 0.7071).exponent + 1))
    rebuild(dayShift: UInt64(shift), pageCount: wantedPages)
  }

  /// The time of the earliest entry, to within a day; nil if there is none.
  private func timeOfEarliest() -> UInt64? {
    if nearCount > 0 { return near[nearCount - 1].picoseconds }
    if pagedCount > 0 { return today << dayShift }
    return rest.count > 0 ? rest.first.picoseconds : nil
  }

  /// Moves every entry into a calendar with a different day length.
  ///
  /// Complexity: O(n) plus a heap push for each entry that fits on no page.
  private mutating func rebuild(dayShift: UInt64, pageCount: Int) {
    let moved = entries()
    let now = moved.min().map { $0.picoseconds } ?? 0
    nearCount = 0
    pagedCount = 0
    rest.removeAll { _ in true }
    setPageCount(pageCount)
    self.dayShift = dayShift
    today = now >> dayShift
    for event in moved { push(event) }
  }

  private mutating func setPageCount(_ pageCount: Int) {
    pages.deallocate()
    entriesOnPage.deallocate()
    writtenPages.deallocate()
    pages = Self.allocatePages(pageCount)
    entriesOnPage = .allocate(capacity: pageCount)
    entriesOnPage.initialize(repeating: 0, count: pageCount)
    writtenPages = .allocate(capacity: pageCount / 64)
    writtenPages.initialize(repeating: 0, count: pageCount / 64)
    dayMask = UInt64(pageCount - 1)
  }

  static func allocatePages(_ count: Int) -> UnsafeMutablePointer<QueuedEvent> {
    let places = count * pageCapacity
    let raw = UnsafeMutableRawPointer.allocate(
      byteCount: places * MemoryLayout<QueuedEvent>.stride, alignment: 64)
    return raw.bindMemory(to: QueuedEvent.self, capacity: places)
  }

  public mutating func removeAll(where isStale: (QueuedEvent) -> Bool) {
    nearCount = Self.removeAll(where: isStale, from: near, count: nearCount)
    for page in 0...Int(dayMask) where entriesOnPage[page] > 0 {
      let held = Int(entriesOnPage[page])
      let kept = Self.removeAll(
        where: isStale, from: pages + page * Self.pageCapacity, count: held)
      entriesOnPage[page] = UInt8(kept)
      pagedCount -= held - kept
      if kept == 0 { writtenPages[page >> 6] &= ~(1 << UInt64(page & 63)) }
    }
    rest.removeAll(where: isStale)
  }

  /// Closes the gaps of stale entries in a run of entries; returns how many remain.
  private static func removeAll(
    where isStale: (QueuedEvent) -> Bool, from first: UnsafeMutablePointer<QueuedEvent>, count: Int
  ) -> Int {
    var kept = 0
    for index in 0..<count where !isStale(first[index]) {
      first[kept] = first[index]
      kept += 1
    }
    return kept
  }

  /// Every entry held, in unspecified order.
  ///
  /// Complexity: O(n).
  func entries() -> [QueuedEvent] {
    var all = rest.entries()
    all.reserveCapacity(count)
    all.append(contentsOf: UnsafeBufferPointer(start: near, count: nearCount))
    for page in 0...Int(dayMask) {
      all.append(
        contentsOf: UnsafeBufferPointer(
          start: pages + page * Self.pageCapacity, count: Int(entriesOnPage[page])))
    }
    return all
  }
}
