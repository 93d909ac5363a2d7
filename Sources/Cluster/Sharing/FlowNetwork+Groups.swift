// Groups after a settlement: who is bound by which link now, at which level, and when the first of
// each group will have drained.

extension FlowNetwork {
  /// Makes the outcome of the last fill the state of the network.
  mutating func adopt() {
    for position in 0..<scratch.dissolved.count {
      bringClock(Int(scratch.dissolved.base[position]))
    }
    for position in 0..<scratch.binding.count { bringClock(Int(scratch.binding.base[position])) }
    for position in 0..<scratch.included.count { regroup(Int(scratch.included.base[position])) }
    for position in 0..<scratch.touched.count {
      let link = Int(scratch.touched.base[position])
      let record = scratch.fill + link
      let given = max(0, record.pointee.residual) - scratch.open[link].left
      links.base[link].used = links.base[link].capacity - record.pointee.residual + given
    }
    for position in 0..<scratch.binding.count {
      let link = Int(scratch.binding.base[position])
      let isJoined =
        scratch.fill[link].dissolvedIn != scratch.settlement && links.base[link].level > 0
      // Flows that join an intact group take its level, equal to theirs within the tolerance.
      if !isJoined { links.base[link].level = scratch.open[link].lastLevel }
      reschedule(link)
    }
    for position in 0..<scratch.dissolved.count {
      let link = Int(scratch.dissolved.base[position])
      if scratch.fill[link].bindsIn != scratch.fillNumber { reschedule(link) }
    }
  }

  /// Brings a group's service clock to the present.
  @inline(__always)
  func bringClock(_ link: Int) {
    let record = links.base + link
    record.pointee.clock += record.pointee.level * Double(clock &- record.pointee.since)
    record.pointee.since = clock
  }

  /// Moves a flow to the group of its new bottleneck.
  @inline(__always)
  private mutating func regroup(_ index: Int) {
    let flow = flows.base + index
    let (old, new) = (Int(flow.pointee.bottleneck), Int(flow.pointee.nextBottleneck))
    guard old != new else { return }
    let book = books.base + index
    var remaining = book.pointee.finish
    if old >= 0 {
      let group = links.base + old
      if book.pointee.finish <= group.pointee.nextFinish { group.pointee.isStale = true }
      leaveGroup(index, of: old)
      remaining = max(0, remaining - group.pointee.clock)
    }
    let group = links.base + new
    flow.pointee.bottleneck = Int32(truncatingIfNeeded: new)
    book.pointee.finish = group.pointee.clock + remaining
    joinGroup(index, of: new)
    group.pointee.nextFinish = min(group.pointee.nextFinish, book.pointee.finish)
  }

  /// Finds when the first flow of a group will have drained and tells the queue.
  @inline(__always)
  mutating func reschedule(_ link: Int) {
    let record = links.base + link
    if record.pointee.memberCount == 0 {
      record.pointee.level = 0
      record.pointee.clock = 0
      record.pointee.nextFinish = .infinity
      record.pointee.isStale = false
      queue.remove(link)
      return
    }
    if record.pointee.isStale { renewNextFinish(of: link) }
    let wait =
      (record.pointee.nextFinish - record.pointee.clock) / record.pointee.level - Self.slack
    // A level of zero, or a wait beyond the clock's range: never, as things stand.
    guard wait < 9e18 else {
      queue.remove(link)
      return
    }
    let picoseconds = Int64(max(0, wait).rounded(.up))
    let (time, overflow) = clock.addingReportingOverflow(picoseconds)
    if overflow { queue.remove(link) } else { queue.set(link, time: time) }
  }

  /// Looks through a group for the flow that drains first, and sets its clock back to zero where
  /// it has run so far that readings lose precision.
  private func renewNextFinish(of link: Int) {
    let record = links.base + link
    let list = entries.base + Int(record.pointee.listStart)
    let setBack = record.pointee.clock > 1e9 ? record.pointee.clock : 0
    var least = Double.infinity
    for place in 0..<Int(record.pointee.memberCount) {
      let flow = Int(list[place]) &>> hopShift
      books.base[flow].finish -= setBack
      least = min(least, books.base[flow].finish)
    }
    record.pointee.clock -= setBack
    record.pointee.nextFinish = least
    record.pointee.isStale = false
  }

  /// Takes out every flow that has drained by now.
  mutating func completeInstant(into completions: inout [FlowCompletion]) {
    while queue.firstTime <= clock {
      let link = queue.firstLink
      bringClock(link)
      let record = links.base + link
      let reading = record.pointee.clock + record.pointee.level * Self.slack
      let before = record.pointee.memberCount
      var place = Int(before)
      while place > 0 {
        place &-= 1
        let flow = Int(entries.base[Int(record.pointee.listStart) &+ place]) &>> hopShift
        if books.base[flow].finish <= reading { finish(flow, into: &completions) }
      }
      if record.pointee.memberCount == before {
        // The last bits of a long clock put the end a picosecond too early.
        queue.set(link, time: clock + 1)
      } else {
        queue.remove(link)
      }
    }
  }
}
