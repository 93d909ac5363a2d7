// The link whose group of flows completes next: a binary heap of links with adjustable keys.
//
// A link occurs at most once, with the time at which the first of the flows bound by it has
// drained. Equal times are ordered by link, so that batches are the same on every machine.

/// Links by the time of their next completion.
struct CompletionQueue: ~Copyable {
  /// A link and its time in picoseconds.
  private struct Entry: BitwiseCopyable {
    var time: Int64
    var link: Int32

    @inline(__always)
    static func < (a: Entry, b: Entry) -> Bool {
      a.time != b.time ? a.time < b.time : a.link < b.link
    }
  }

  private let heap: UnsafeMutablePointer<Entry>
  /// Position of each link in the heap; -1 for links that are not in it.
  private let places: UnsafeMutablePointer<Int32>
  private var count = 0

  /// Makes an empty queue for links 0 ..< `linkCount`.
  init(linkCount: Int) {
    heap = .allocate(capacity: max(1, linkCount))
    places = .allocate(capacity: max(1, linkCount))
    places.initialize(repeating: -1, count: linkCount)
  }

  deinit {
    heap.deallocate()
    places.deallocate()
  }

  /// The earliest time; `Int64.max` if the queue is empty.
  @inline(__always)
  var firstTime: Int64 { count == 0 ? .max : heap[0].time }

  /// The link with the earliest time.
  ///
  /// - Precondition: the queue is not empty.
  @inline(__always)
  var firstLink: Int {
    assert(count > 0)
    return Int(heap[0].link)
  }

  /// Sets the time of a link, whether or not it is in the queue.
  ///
  /// Complexity: O(log n).
  @inline(__always)
  mutating func set(_ link: Int, time: Int64) {
    let entry = Entry(time: time, link: Int32(truncatingIfNeeded: link))
    let place = Int(places[link])
    if place < 0 {
      count &+= 1
      siftUp(entry, from: count &- 1)
    } else if entry < heap[place] {
      siftUp(entry, from: place)
    } else {
      siftDown(entry, from: place)
    }
  }

  /// Removes a link if it is in the queue.
  ///
  /// Complexity: O(log n).
  mutating func remove(_ link: Int) {
    let place = Int(places[link])
    guard place >= 0 else { return }
    places[link] = -1
    count &-= 1
    guard place < count else { return }
    let last = heap[count]
    if place > 0, last < heap[(place &- 1) &>> 1] {
      siftUp(last, from: place)
    } else {
      siftDown(last, from: place)
    }
  }

  @inline(__always)
  private func siftUp(_ entry: Entry, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place &- 1) &>> 1
      guard entry < heap[parent] else { break }
      put(heap[parent], at: place)
      place = parent
    }
    put(entry, at: place)
  }

  @inline(__always)
  private func siftDown(_ entry: Entry, from start: Int) {
    var place = start
    while true {
      var child = 2 &* place &+ 1
      guard child < count else { break }
      if child &+ 1 < count, heap[child &+ 1] < heap[child] { child &+= 1 }
      guard heap[child] < entry else { break }
      put(heap[child], at: place)
      place = child
    }
    put(entry, at: place)
  }

  @inline(__always)
  private func put(_ entry: Entry, at place: Int) {
    (heap + place).initialize(to: entry)
    places[Int(entry.link)] = Int32(truncatingIfNeeded: place)
  }
}
