// The link whose group of flows completes next: a heap of links with adjustable keys and four
// children per node.
//
// A link occurs at most once, with the time at which the first of the flows bound by it has
// drained. Equal times are ordered by link, so that batches are the same on every machine. Places
// after the last entry hold `Entry.never`, so the first of four children is found without checking
// how many there are.

/// Links by the time of their next completion.
struct CompletionQueue: ~Copyable {
  /// A link and its time in picoseconds, compared as one integer and therefore without branches.
  private struct Entry: BitwiseCopyable {
    private let key: UInt128

    /// - Precondition: the time is not negative.
    @inline(__always)
    init(time: Int64, link: Int) {
      key =
        UInt128(UInt64(bitPattern: time)) &<< 64 | UInt128(UInt64(truncatingIfNeeded: link))
    }

    static let never = Entry(time: .max, link: .max)

    var time: Int64 {
      @inline(__always) get { Int64(truncatingIfNeeded: key &>> 64) }
    }
    var link: Int {
      @inline(__always) get { Int(truncatingIfNeeded: key) }
    }

    @inline(__always)
    static func < (a: Entry, b: Entry) -> Bool { a.key < b.key }
  }

  private let heap: UnsafeMutablePointer<Entry>
  /// Position of each link in the heap; -1 for links that are not in it.
  private let places: UnsafeMutablePointer<Int32>
  private var count = 0

  /// Makes an empty queue for links 0 ..< `linkCount`.
  init(linkCount: Int) {
    heap = .allocate(capacity: linkCount + 4)
    heap.initialize(repeating: .never, count: linkCount + 4)
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
    return heap[0].link
  }

  /// Sets the time of a link, whether or not it is in the queue.
  ///
  /// Complexity: O(log n).
  @inline(__always)
  mutating func set(_ link: Int, time: Int64) {
    let entry = Entry(time: time, link: link)
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
    let last = heap[count]
    heap[count] = .never
    guard place < count else { return }
    if place > 0, last < heap[(place &- 1) &>> 2] {
      siftUp(last, from: place)
    } else {
      siftDown(last, from: place)
    }
  }

  @inline(__always)
  private func siftUp(_ entry: Entry, from start: Int) {
    var place = start
    while place > 0 {
      let parent = (place &- 1) &>> 2
      guard entry < heap[parent] else { break }
      put(heap[parent], at: place)
      place = parent
    }
    put(entry, at: place)
  }

  @inline(__always)
  private func siftDown(_ entry: Entry, from start: Int) {
    var place = start
    var children = 4 &* place &+ 1
    while children < count {
      let child = heap + children
      let left = child[1] < child[0] ? 1 : 0
      let right = child[3] < child[2] ? 3 : 2
      let least = child[right] < child[left] ? right : left
      guard child[least] < entry else { break }
      put(child[least], at: place)
      place = children &+ least
      children = 4 &* place &+ 1
    }
    put(entry, at: place)
  }

  @inline(__always)
  private func put(_ entry: Entry, at place: Int) {
    heap[place] = entry
    places[entry.link] = Int32(truncatingIfNeeded: place)
  }
}
