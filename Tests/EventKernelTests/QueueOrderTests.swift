@testable import EventKernel
import Testing
import Units

/// How a random test spreads event times.
enum TimeSpread: String, CaseIterable, Sendable {
  case allEqual, fewInstants, exponential, twoScales, wholeRange, backwards

  /// A time at or around `now`; only `backwards` may return an earlier one.
  func time(after now: UInt64, _ random: inout RandomStream) -> UInt64 {
    switch self {
    case .allEqual: 12_345
    case .fewInstants: now / 1_000 * 1_000 + 1_000 * UInt64(random.index(below: 3)) + 1_000
    case .exponential: now + UInt64(random.exponential(mean: 1e6))
    case .twoScales:
      now + UInt64(random.exponential(mean: random.index(below: 50) == 0 ? 1e12 : 1e3))
    case .wholeRange: now + (UInt64(Int64.max) - now) / 2 * UInt64(random.index(below: 3)) / 2
    case .backwards: UInt64(random.index(below: 100_000))
    }
  }
}

/// The order in its plainest form: an array that is sorted on every access.
struct SortedArray {
  private var sorted: [QueuedEvent] = []
  private var added: [QueuedEvent] = []

  var count: Int { sorted.count + added.count }

  mutating func push(_ event: QueuedEvent) { added.append(event) }

  mutating func popFirst() -> QueuedEvent? {
    settle()
    return sorted.popLast()
  }

  mutating func removeAll(where isStale: (QueuedEvent) -> Bool) {
    settle()
    sorted.removeAll(where: isStale)
  }

  mutating func all() -> [QueuedEvent] {
    settle()
    return sorted.reversed()
  }

  private mutating func settle() {
    for event in added {
      var low = 0
      var high = sorted.count
      while low < high {
        let middle = (low + high) / 2
        if event.bits < sorted[middle].bits { low = middle + 1 } else { high = middle }
      }
      sorted.insert(event, at: low)
    }
    added.removeAll()
  }
}

@Suite("Every queue yields the order of a sorted array")
struct QueueOrderTests {
  static let cases = TimeSpread.allCases.flatMap { spread in
    [1, 2, 3].map { (spread, UInt64($0)) }
  }

  /// Pushes, pops and removes at random, in phases that grow and shrink the queue, and compares
  /// both structures with the array after each step.
  @Test("under random pushes, pops and removals", arguments: cases)
  func randomOperations(spread: TimeSpread, seed: UInt64) {
    var random = RandomStream(seed: seed, purpose: RandomPurpose("test.queue.\(spread)"))
    var heap = FourAryHeap()
    var calendar = CalendarQueue()
    var array = SortedArray()
    var now: UInt64 = 0
    var sequence: UInt64 = 0

    for step in 0..<40_000 {
      let choice = random.index(below: 1_000)
      let pushShare = [850, 500, 495, 300, 600, 100][step / 2_000 % 6]
      if choice == 999 {
        let modulus = UInt64(random.index(below: 4) + 2)
        let isStale = { (event: QueuedEvent) in (event.order >> 24) % modulus == 0 }
        heap.removeAll(where: isStale)
        calendar.removeAll(where: isStale)
        array.removeAll(where: isStale)
      } else if choice < pushShare {
        let event = QueuedEvent(
          picoseconds: spread.time(after: now, &random),
          order: QueuedEvent.order(
            priority: EventPriority(level: UInt8(random.index(below: 8))), sequence: sequence,
            slot: UInt32(random.index(below: 1_000))))
        sequence += 1
        heap.push(event)
        calendar.push(event)
        array.push(event)
      } else {
        let expected = array.popFirst()
        let fromHeap = heap.popFirst()
        let fromCalendar = calendar.popFirst()
        guard fromHeap == expected, fromCalendar == expected else {
          Issue.record("\(spread), seed \(seed), step \(step): wrong pop")
          return
        }
        if spread != .wholeRange { now = expected?.picoseconds ?? now }
      }
      guard heap.count == array.count, calendar.count == array.count else {
        Issue.record("\(spread), seed \(seed), step \(step): wrong count")
        return
      }
    }

    let rest = array.all()
    let heapEntries = heap.entries().sorted()
    let calendarEntries = calendar.entries().sorted()
    #expect(heapEntries == rest)
    #expect(calendarEntries == rest)
  }

  @Test("while the population stays in a calendar's pages", arguments: [9, 1_000, 20_000])
  func hold(population: Int) {
    var random = RandomStream(seed: 7, purpose: RandomPurpose("test.queue.hold"))
    var heap = FourAryHeap()
    var calendar = CalendarQueue()
    var sequence: UInt64 = 0
    func push(after now: UInt64) {
      // Whole thousands, so that many times are equal.
      let time = now + UInt64(random.exponential(mean: 1e6)) / 1_000 * 1_000
      let event = QueuedEvent(
        picoseconds: time, order: QueuedEvent.order(priority: .normal, sequence: sequence, slot: 0))
      sequence += 1
      heap.push(event)
      calendar.push(event)
    }
    for _ in 0..<population { push(after: 0) }

    var previous = QueuedEvent(picoseconds: 0, order: 0)
    for step in 0..<100_000 {
      guard let event = calendar.popFirst(), event == heap.popFirst(), previous < event else {
        Issue.record("step \(step): wrong pop")
        return
      }
      previous = event
      push(after: event.picoseconds)
    }

    #expect(calendar.count == population && heap.count == population)
  }

  @Test("when a removed entry is put back and earlier entries follow it")
  func putBack() {
    var calendar = CalendarQueue()
    var heap = FourAryHeap()
    func push(_ picoseconds: UInt64, _ sequence: UInt64) {
      let event = QueuedEvent(
        picoseconds: picoseconds,
        order: QueuedEvent.order(priority: .normal, sequence: sequence, slot: 0))
      calendar.push(event)
      heap.push(event)
    }
    var sequence: UInt64 = 0
    var random = RandomStream(seed: 3, purpose: RandomPurpose("test.queue.putBack"))
    for _ in 0..<5_000 {
      push(UInt64(random.index(below: 1_000_000)) + 1_000_000, sequence)
      sequence += 1
    }

    for step in 0..<20_000 {
      guard let event = calendar.popFirst(), event == heap.popFirst() else {
        Issue.record("step \(step): wrong pop")
        return
      }
      // As after `next(through:)`: the clock is before the entry, and other entries are pushed
      // ahead of it.
      if step % 5 == 0 {
        calendar.push(event)
        heap.push(event)
        for _ in 0..<12 {
          let back = UInt64(random.index(below: 2_000))
          push(event.picoseconds - min(back, event.picoseconds), sequence)
          sequence += 1
        }
      } else if step % 3 == 0 {
        push(event.picoseconds + UInt64(random.index(below: 1_500_000)), sequence)
        sequence += 1
      }
    }

    let heapEntries = heap.entries().sorted()
    let calendarEntries = calendar.entries().sorted()
    #expect(calendarEntries == heapEntries)
  }

  @Test("an empty queue yields nothing, however often it is popped")
  func empty() {
    var heap = FourAryHeap()
    var calendar = CalendarQueue()

    let fromHeap = [heap.popFirst(), heap.popFirst()]
    let fromCalendar = [calendar.popFirst(), calendar.popFirst()]

    #expect(fromHeap == [nil, nil] && heap.count == 0)
    #expect(fromCalendar == [nil, nil] && calendar.count == 0)
  }
}
