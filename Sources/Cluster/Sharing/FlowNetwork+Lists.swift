// The flows that cross each link: one range of a shared pool per link, with the flows that it binds
// first. When a flow leaves, the last one takes its place.

extension FlowNetwork {
  /// Adds a hop to a link's list.
  ///
  /// Complexity: O(1) amortised.
  @inline(__always)
  mutating func enlist(hop: Int, on link: Int) {
    let record = links.base + link
    if record.pointee.listCount == record.pointee.listCapacity { widenList(of: link) }
    let place = record.pointee.listCount
    entries.base[Int(record.pointee.listStart &+ place)] = Int32(truncatingIfNeeded: hop)
    record.pointee.listCount = place &+ 1
    hopLinks.base[hop] = Int32(truncatingIfNeeded: link)
    hopPlaces.base[hop] = place
  }

  /// Removes a flow from its links, frees its capacity and marks the links as changed.
  ///
  /// Complexity: O(path length).
  @inline(__always)
  mutating func delist(_ index: Int) {
    let flow = flows.base + index
    let bottleneck = Int(flow.pointee.bottleneck)
    var rate = 0.0
    if bottleneck >= 0 {
      let group = links.base + bottleneck
      rate = group.pointee.fairShare * flow.pointee.weight
      leaveGroup(index, of: bottleneck)
      if details.base[index].finish <= group.pointee.nextFinish { group.pointee.isStale = true }
      flow.pointee.bottleneck = -1
    }
    let first = index &<< hopShift
    for hop in first..<(first &+ Int(flow.pointee.hopCount)) {
      let (link, place) = (Int(hopLinks.base[hop]), hopPlaces.base[hop])
      let record = links.base + link
      let last = record.pointee.listCount &- 1
      let list = entries.base + Int(record.pointee.listStart)
      let moved = list[Int(last)]
      list[Int(place)] = moved
      hopPlaces.base[Int(moved)] = place
      record.pointee.listCount = last
      record.pointee.used = last == 0 ? 0 : record.pointee.used - rate
      markChanged(link)
    }
  }

  /// Moves a flow to the members at the front of a link's list.
  ///
  /// Complexity: O(path length).
  @inline(__always)
  mutating func joinGroup(_ index: Int, of link: Int) {
    let record = links.base + link
    swapEntries(of: link, hop(of: index, on: link), Int(record.pointee.memberCount))
    record.pointee.memberCount &+= 1
  }

  /// Moves a flow from the members of a link to the other flows.
  ///
  /// Complexity: O(path length).
  @inline(__always)
  mutating func leaveGroup(_ index: Int, of link: Int) {
    let record = links.base + link
    record.pointee.memberCount &-= 1
    swapEntries(of: link, hop(of: index, on: link), Int(record.pointee.memberCount))
  }

  /// The hop of a flow on a link that it crosses.
  @inline(__always)
  private func hop(of index: Int, on link: Int) -> Int {
    var hop = index &<< hopShift
    while Int(hopLinks.base[hop]) != link { hop &+= 1 }
    return hop
  }

  @inline(__always)
  private mutating func swapEntries(of link: Int, _ hop: Int, _ place: Int) {
    let list = entries.base + Int(links.base[link].listStart)
    let (old, other) = (hopPlaces.base[hop], list[place])
    list[Int(old)] = other
    list[place] = Int32(truncatingIfNeeded: hop)
    hopPlaces.base[Int(other)] = old
    hopPlaces.base[hop] = Int32(truncatingIfNeeded: place)
  }

  /// Records that a link's flows or capacity changed since rates were last resolved.
  @inline(__always)
  mutating func markChanged(_ link: Int) {
    guard !links.base[link].isChanged else { return }
    links.base[link].isChanged = true
    changedLinks.append(Int32(truncatingIfNeeded: link))
  }

  /// Moves a link's list to a range of twice the size. The old range is abandoned, so the pool has
  /// at most twice the total of the longest lists.
  @inline(never)
  private mutating func widenList(of link: Int) {
    let old = links.base[link]
    let wider = max(4, old.listCapacity * 2)
    let start = entries.grow(by: Int(wider), repeating: -1)
    for place in 0..<Int(old.listCount) {
      entries.base[start + place] = entries.base[Int(old.listStart) + place]
    }
    links.base[link].listStart = Int32(start)
    links.base[link].listCapacity = wider
  }
}
