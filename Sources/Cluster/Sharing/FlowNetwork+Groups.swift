// Groups after rates have been resolved: which link binds which flows, at what fair share, and when
// the first flow of each group will have drained.

extension FlowNetwork {
  /// Makes the result of the last fill the state of the network.
  mutating func adopt() {
    for position in 0..<scratch.invalidated.count {
      advanceVirtualTime(Int(scratch.invalidated.base[position]))
    }
    for position in 0..<scratch.binding.count {
      advanceVirtualTime(Int(scratch.binding.base[position]))
    }
    regroupIncluded()
    for position in 0..<scratch.touched.count {
      adoptLoad(Int(scratch.touched.base[position]))
    }
    for position in 0..<scratch.binding.count {
      let link = Int(scratch.binding.base[position])
      let isJoined =
        scratch.fill[link].invalidatedIn != scratch.round && links.base[link].fairShare > 0
      // Flows that join an intact group take its share, equal to theirs within the tolerance.
      if !isJoined { links.base[link].fairShare = scratch.open[link].lastShare }
      reschedule(link)
    }
    for position in 0..<scratch.invalidated.count {
      let link = Int(scratch.invalidated.base[position])
      if scratch.fill[link].bindsIn != scratch.fillNumber { reschedule(link) }
    }
  }

  /// Advances a group's virtual time to the current time.
  @inline(__always)
  func advanceVirtualTime(_ link: Int) {
    let record = links.base + link
    record.pointee.virtualTime += record.pointee.fairShare * Double(clock &- record.pointee.since)
    record.pointee.since = clock
  }

  /// Updates what a link knows about the flows that cross it.
  @inline(__always)
  private func adoptLoad(_ link: Int) {
    let (record, fill, open) = (links.base + link, scratch.fill[link], scratch.open[link])
    let given = max(0, fill.residual) - open.left
    record.pointee.used = record.pointee.capacity - fill.residual + given
    let binds = fill.bindsIn == scratch.fillNumber
    let filled = binds ? record.pointee.nextOtherShare : open.lastShare
    let outside = fill.outsideCount > 0 ? record.pointee.otherShare : 0
    record.pointee.otherShare = max(filled, outside)
  }

  /// Moves the flows of the re-fill to the groups of their new bottlenecks. A group that keeps all
  /// its flows is skipped.
  @inline(__always)
  private mutating func regroupIncluded() {
    var position = 0
    while position < scratch.included.count {
      let bottleneck = Int(flows.base[Int(scratch.included.base[position])].bottleneck)
      // A new flow has no group; the flows of an invalidated group follow each other.
      let run = bottleneck < 0 ? 1 : Int(scratch.fill[bottleneck].runLength)
      let end = position &+ run
      if bottleneck < 0 || scratch.fill[bottleneck].leftIn == scratch.fillNumber {
        while position < end {
          regroup(Int(scratch.included.base[position]))
          position &+= 1
        }
      }
      position = end
    }
  }

  /// Moves a flow to the group of its new bottleneck.
  @inline(__always)
  private mutating func regroup(_ index: Int) {
    let flow = flows.base + index
    let (old, new) = (Int(flow.pointee.bottleneck), Int(flow.pointee.nextBottleneck))
    guard old != new else { return }
    let detail = details.base + index
    var remaining = detail.pointee.finish
    if old >= 0 {
      let group = links.base + old
      if detail.pointee.finish <= group.pointee.nextFinish { group.pointee.isStale = true }
      leaveGroup(index, of: old)
      remaining = max(0, remaining - group.pointee.virtualTime)
    }
    let group = links.base + new
    flow.pointee.bottleneck = Int32(truncatingIfNeeded: new)
    detail.pointee.finish = group.pointee.virtualTime + remaining
    joinGroup(index, of: new)
    group.pointee.nextFinish = min(group.pointee.nextFinish, detail.pointee.finish)
  }

  /// Finds when the first flow of a group will have drained, and updates the queue.
  @inline(__always)
  mutating func reschedule(_ link: Int) {
    let record = links.base + link
    if record.pointee.memberCount == 0 {
      record.pointee.fairShare = 0
      record.pointee.virtualTime = 0
      record.pointee.nextFinish = .infinity
      record.pointee.isStale = false
      queue.remove(link)
      return
    }
    if record.pointee.isStale { renewNextFinish(of: link) }
    let wait =
      (record.pointee.nextFinish - record.pointee.virtualTime) / record.pointee.fairShare
      - Self.slack
    // A share of zero, or a wait beyond the range of time: never, unless something changes.
    guard wait < 9e18 else {
      queue.remove(link)
      return
    }
    let picoseconds = Int64(max(0, wait).rounded(.up))
    let (time, overflow) = clock.addingReportingOverflow(picoseconds)
    if overflow { queue.remove(link) } else { queue.set(link, time: time) }
  }

  /// Finds the flow of a group that drains first, and resets the group's virtual time to zero if it
  /// has become so large that it loses precision.
  private func renewNextFinish(of link: Int) {
    let record = links.base + link
    let list = entries.base + Int(record.pointee.listStart)
    let setBack = record.pointee.virtualTime > 1e9 ? record.pointee.virtualTime : 0
    var least = Double.infinity
    for place in 0..<Int(record.pointee.memberCount) {
      let flow = Int(list[place]) &>> hopShift
      details.base[flow].finish -= setBack
      least = min(least, details.base[flow].finish)
    }
    record.pointee.virtualTime -= setBack
    record.pointee.nextFinish = least
    record.pointee.isStale = false
  }

  /// Removes every flow that has drained by now.
  mutating func completeInstant(into completions: inout [FlowCompletion]) {
    while queue.firstTime <= clock {
      let link = queue.firstLink
      advanceVirtualTime(link)
      let record = links.base + link
      let virtualNow = record.pointee.virtualTime + record.pointee.fairShare * Self.slack
      let before = record.pointee.memberCount
      var place = Int(before)
      while place > 0 {
        place &-= 1
        let flow = Int(entries.base[Int(record.pointee.listStart) &+ place]) &>> hopShift
        if details.base[flow].finish <= virtualNow { finish(flow, into: &completions) }
      }
      if record.pointee.memberCount == before {
        // Rounding of a large virtual time put the end a picosecond too early.
        queue.set(link, time: clock + 1)
      } else {
        queue.remove(link)
      }
    }
  }
}
