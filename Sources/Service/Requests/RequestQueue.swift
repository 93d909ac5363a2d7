// Requests that wait, in order.

/// A queue that also takes requests at its front.
struct RequestQueue {
  private var items: [RequestID] = []
  private var start = 0

  var count: Int { items.count - start }
  var isEmpty: Bool { start == items.count }
  var first: RequestID? { isEmpty ? nil : items[start] }

  /// Adds a request at the end.
  ///
  /// Complexity: O(1) amortised.
  mutating func append(_ request: RequestID) { items.append(request) }

  /// Adds a request at the front.
  ///
  /// Complexity: O(1) if something was removed from the front before, else O(count).
  mutating func prepend(_ request: RequestID) {
    if start > 0 {
      start -= 1
      items[start] = request
    } else {
      items.insert(request, at: 0)
    }
  }

  /// Inserts a request before the first that comes after it.
  ///
  /// Precondition: the queue is in that order. Complexity: O(count).
  mutating func insert(_ request: RequestID, _ comesBefore: (RequestID, RequestID) -> Bool) {
    var (low, high) = (start, items.count)
    while low < high {
      let middle = (low + high) / 2
      if comesBefore(request, items[middle]) { high = middle } else { low = middle + 1 }
    }
    items.insert(request, at: low)
  }

  /// Removes the first request.
  ///
  /// - Precondition: the queue is not empty.
  /// Complexity: O(1) amortised.
  mutating func removeFirst() {
    start += 1
    if start == items.count {
      items.removeAll(keepingCapacity: true)
      start = 0
    } else if start > 1_024, start * 2 > items.count {
      items.removeFirst(start)
      start = 0
    }
  }

  /// Removes a request, if it is there.
  ///
  /// Complexity: O(count).
  mutating func remove(_ request: RequestID) {
    guard let place = items[start...].firstIndex(of: request) else { return }
    items.remove(at: place)
  }
}
