// Flows over links that share bandwidth by weighted max-min fairness, exactly and incrementally: a
// change re-fills only the flows that it can affect. See FlowNetwork+Resolving for the algorithm.
//
// A flow occupies its share of all its links at once, from its start until its last byte has left;
// that byte arrives one latency later. Not modelled: packets, queues, slow start, losses from
// congestion control. Valid for transfers much longer than their latency; the same model as
// SimGrid's CM02.

import Units

/// Identifies a flow; it becomes invalid when the flow ends.
package struct FlowID: Hashable, Sendable {
  let index: Int32
  let generation: UInt32
}

/// A path that a network has checked and stored, for flows that take it again and again.
package struct RouteID: Hashable, Sendable {
  let start: Int32
  let hopCount: Int32
}

/// A flow whose last byte has left.
package struct FlowCompletion: Hashable, Sendable {
  package var id: FlowID
  /// The caller's tag from the start of the flow.
  package var tag: Int
  /// When its last byte left the sender.
  package var drained: SimTime
  /// When that byte arrived: one latency later.
  package var delivered: SimTime
}

/// A network of links with the flows in progress on it.
///
/// A simulation calls `start`, asks `nextCompletion()` for its next wake-up, and then calls
/// `advance(to:)`. Changes of one instant take effect together at the next query.
package struct FlowNetwork: ~Copyable {
  var links: RawBuffer<LinkRecord>
  var flows = RawBuffer<FlowRecord>()
  var details = RawBuffer<FlowDetails>()
  /// Hops of flow f, starting at `f &<< hopShift`: the link, and the flow's position in its list.
  var hopLinks = RawBuffer<Int32>()
  var hopPlaces = RawBuffer<Int32>()
  let hopShift: Int
  /// Pool of the links' lists; each entry is the number of a hop.
  var entries = RawBuffer<Int32>()
  /// The links of all stored paths.
  private var routes = RawBuffer<Int32>()
  var queue: CompletionQueue
  var freeFlows = RawBuffer<Int32>()
  /// Completions and changes round up to whole picoseconds; a flow this close to its end has ended.
  static var slack: Double { 1e-3 }

  var clock: Int64 = 0
  /// Links and flows that have changed since rates were last resolved.
  var changedLinks = RawBuffer<Int32>()
  var freshFlows = RawBuffer<Int32>()
  var scratch: RateScratch

  /// Flows in progress.
  package private(set) var flowCount = 0
  /// Bytes of all flows ever started.
  package private(set) var bytesStarted = 0.0
  /// Bytes of all drained flows, and the bytes that cancelled flows had sent.
  package private(set) var bytesDrained = 0.0
  /// Bytes that cancelled flows had not sent.
  package private(set) var bytesCancelled = 0.0
  /// Work since the start: rate updates, fills and re-filled flows.
  package internal(set) var effort = SharingEffort()

  /// Makes an idle network at time zero.
  ///
  /// - Parameters:
  ///   - capacities: the rate of each link, in the order of link numbers.
  ///   - longestPath: the maximum number of links of a path.
  /// - Precondition: capacities are finite and not negative; `longestPath` is positive.
  package init(capacities: [BytesPerSecond], longestPath: Int) {
    precondition(longestPath > 0, "a path has at least one link")
    var shift = 0
    while 1 << shift < longestPath { shift += 1 }
    hopShift = shift
    links = RawBuffer(capacity: capacities.count)
    for capacity in capacities { links.append(LinkRecord(capacity: Self.perPicosecond(capacity))) }
    queue = CompletionQueue(linkCount: capacities.count)
    scratch = RateScratch(linkCount: capacities.count)
  }

  /// The current time.
  package var now: SimTime { SimTime(picoseconds: clock) }
  /// Links of the network.
  package var linkCount: Int { links.count }

  /// Starts a flow now.
  ///
  /// - Parameters:
  ///   - path: the distinct links that it crosses.
  ///   - bytes: the total size of all flows that it represents.
  ///   - weight: how many equal flows it represents; its share of a link is proportional to it.
  ///   - latency: how long a byte travels.
  ///   - tag: returned when the flow ends.
  ///
  /// Complexity: O(path length).
  /// - Precondition: the path is not empty, its links exist, and it has at most `longestPath`
  ///   links.
  @discardableResult
  package mutating func start(
    path: [Int32], bytes: Double, weight: Double = 1, latency: SimDuration = .zero, tag: Int = 0
  ) -> FlowID {
    check(path)
    let id = startUnlisted(hopCount: path.count, bytes, weight, latency, tag)
    let first = Int(id.index) &<< hopShift
    for (hop, link) in path.enumerated() { enlist(hop: first + hop, on: Int(link)) }
    return id
  }

  /// Stores a path for `start(on:)`.
  ///
  /// Complexity: O(path length).
  /// - Precondition: as for `start(path:)`.
  package mutating func addRoute(_ path: [Int32]) -> RouteID {
    check(path)
    let route = RouteID(start: Int32(routes.count), hopCount: Int32(path.count))
    for link in path { routes.append(link) }
    return route
  }

  /// Starts a flow on a stored path now; see `start(path:)`.
  ///
  /// Complexity: O(path length), without checks of the path.
  package mutating func start(on route: RouteID, bytes: Double, weight: Double, tag: Int) {
    let id = startUnlisted(hopCount: Int(route.hopCount), bytes, weight, .zero, tag)
    let first = Int(id.index) &<< hopShift
    for hop in 0..<Int(route.hopCount) {
      enlist(hop: first &+ hop, on: Int(routes.base[Int(route.start) &+ hop]))
    }
  }

  private func check(_ path: [Int32]) {
    precondition(!path.isEmpty && path.count <= 1 &<< hopShift, "a path of \(path.count) links")
    for (hop, link) in path.enumerated() {
      precondition(link >= 0 && Int(link) < links.count, "link \(link) does not exist")
      assert(!path[..<hop].contains(link), "a path crosses a link once")
    }
  }

  /// Makes the record of a flow that is not in the lists of its links yet.
  @inline(__always)
  private mutating func startUnlisted(
    hopCount: Int, _ bytes: Double, _ weight: Double, _ latency: SimDuration, _ tag: Int
  ) -> FlowID {
    precondition(bytes >= 0 && bytes.isFinite && weight > 0 && weight.isFinite, "a real amount")
    let index = takePlace()
    let generation = details.base[index].generation
    flows.base[index] = FlowRecord(weight: weight, hopCount: Int32(truncatingIfNeeded: hopCount))
    details.base[index] = FlowDetails(
      finish: bytes / weight, bytes: bytes, latency: latency.picoseconds, tag: tag,
      generation: generation)
    freshFlows.append(Int32(truncatingIfNeeded: index))
    flowCount += 1
    bytesStarted += bytes
    return FlowID(index: Int32(truncatingIfNeeded: index), generation: generation)
  }

  /// Ends a flow before it has drained; has no effect on a flow that has ended.
  ///
  /// Complexity: O(path length), and resolving rates if it was the only change.
  /// - Returns: the bytes that it had not sent; nil if the flow has ended.
  @discardableResult
  package mutating func cancel(_ id: FlowID) -> Double? {
    guard isCurrent(id) else { return nil }
    resolveRates()
    let index = Int(id.index)
    let left = remainingBytes(ofFlow: index)
    bytesCancelled += left
    bytesDrained += details.base[index].bytes - left
    remove(index)
    return left
  }

  /// Changes the capacity of a link from now on; 0 stops all flows across it.
  ///
  /// - Precondition: the link exists and the capacity is finite and not negative.
  package mutating func setCapacity(_ capacity: BytesPerSecond, ofLink link: Int) {
    precondition(link >= 0 && link < links.count, "link \(link) does not exist")
    links.base[link].capacity = Self.perPicosecond(capacity)
    markChanged(link)
  }

  /// When the next flow will have drained if nothing else changes; nil if none ever will.
  ///
  /// Complexity: O(1), plus resolving rates after changes.
  package mutating func nextCompletion() -> SimTime? {
    resolveRates()
    let time = queue.firstTime
    return time == .max ? nil : SimTime(picoseconds: time)
  }

  /// Advances to a time and appends every flow that drains until then, in order of time.
  ///
  /// - Precondition: the time is not in the past.
  package mutating func advance(
    to time: SimTime, completions: inout [FlowCompletion]
  ) {
    precondition(time.picoseconds >= clock, "the network's clock never goes back")
    while true {
      resolveRates()
      let next = queue.firstTime
      guard next <= time.picoseconds else { break }
      clock = next
      completeInstant(into: &completions)
      // Flows that start at this instant take effect together with those that end.
      if next == time.picoseconds { break }
    }
    clock = time.picoseconds
  }

  /// Counts a drained flow and removes it.
  mutating func finish(_ index: Int, into completions: inout [FlowCompletion]) {
    let flow = details.base[index]
    completions.append(
      FlowCompletion(
        id: FlowID(index: Int32(index), generation: flow.generation), tag: flow.tag,
        drained: now, delivered: SimTime(picoseconds: clock + flow.latency)))
    bytesDrained += flow.bytes
    remove(index)
  }

  private mutating func remove(_ index: Int) {
    delist(index)
    details.base[index].generation &+= 1
    freeFlows.append(Int32(index))
    flowCount -= 1
  }

  private mutating func takePlace() -> Int {
    if !freeFlows.isEmpty { return Int(freeFlows.removeLast()) }
    let index = flows.grow(by: 1, repeating: FlowRecord(weight: 1, hopCount: 0))
    details.append(FlowDetails(finish: 0, bytes: 0, latency: 0, tag: 0, generation: 0))
    precondition(index &<< hopShift < Int(Int32.max) - 1 &<< hopShift, "too many flows at once")
    _ = hopLinks.grow(by: 1 &<< hopShift, repeating: -1)
    _ = hopPlaces.grow(by: 1 &<< hopShift, repeating: -1)
    return index
  }

  /// The bytes that a flow has not sent yet, provided that rates are up to date.
  func remainingBytes(ofFlow index: Int) -> Double {
    let flow = flows.base[index]
    let finish = details.base[index].finish
    guard flow.bottleneck >= 0 else { return finish * flow.weight }
    let group = links.base[Int(flow.bottleneck)]
    let virtualNow = group.virtualTime + group.fairShare * Double(clock - group.since)
    return max(0, finish - virtualNow) * flow.weight
  }

  func isCurrent(_ id: FlowID) -> Bool {
    Int(id.index) < flows.count && details.base[Int(id.index)].generation == id.generation
  }

  private static func perPicosecond(_ capacity: BytesPerSecond) -> Double {
    precondition(capacity.value >= 0 && capacity.value.isFinite, "a capacity of \(capacity.value)")
    return capacity.value * 1e-12
  }
}

/// Amount of work done by the network.
package struct SharingEffort: Hashable, Sendable {
  /// Number of rate updates.
  package var rateUpdates = 0
  /// Number of fills; an update has more than one if its first set of flows had to grow.
  package var fills = 0
  /// Flows that were re-filled, summed over updates.
  package var refilledFlows = 0
}
