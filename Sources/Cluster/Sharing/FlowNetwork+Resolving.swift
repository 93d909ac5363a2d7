// How rates are resolved after a change. Max-min rates have a certificate: every flow crosses a
// full link on which no flow has a higher rate per unit of weight. A change breaks it at few links:
//
// 1. The groups of changed links are invalidated; their flows and all new flows must be re-filled.
//    The new rates of these flows change the load of every other link that they cross, so the
//    groups of these links are invalidated too, and so on. All other flows keep their rates and
//    count as load.
// 2. The flows to re-fill are assigned rates by progressive filling of the remaining capacity.
// 3. The certificate is checked at every link that they cross. A group outside the re-fill is
//    invalidated if its link is no longer full, if it is no longer the fastest there, or if it
//    outruns a flow that the fill froze; then 2 is repeated. If all groups are invalidated, the
//    result is the full solution, so this terminates, and its result is certified everywhere.
//
// Rates from different orders of arithmetic differ in their last bits; rates within `tolerance`
// count as equal.

/// Working memory for resolving rates, reused between updates.
struct RateScratch: ~Copyable {
  let fill: UnsafeMutablePointer<FillRecord>
  let open: UnsafeMutablePointer<OpenRecord>
  /// Flows to re-fill.
  var included = RawBuffer<Int32>()
  /// Links that these flows cross or that changed, links whose groups are invalidated, and links
  /// that bind a flow of the last fill.
  var touched = RawBuffer<Int32>()
  var invalidated = RawBuffer<Int32>()
  var binding = RawBuffer<Int32>()
  var tournament: ShareTournament
  /// The last fill, and the update of rates: rounds and fills are numbered together, so that a fill
  /// has a higher number than its round.
  var fillNumber: UInt32 = 0
  var round: UInt32 = 0

  init(linkCount: Int) {
    fill = .allocate(capacity: max(1, linkCount))
    fill.initialize(repeating: FillRecord(), count: linkCount)
    open = .allocate(capacity: max(1, linkCount))
    open.initialize(repeating: OpenRecord(), count: linkCount)
    tournament = ShareTournament(linkCount: linkCount)
  }

  deinit {
    fill.deallocate()
    open.deallocate()
  }
}

extension FlowNetwork {
  /// Relative difference below which two rates are equal.
  static var tolerance: Double { 1e-12 }

  /// Updates all rates after changes.
  ///
  /// Complexity: O(path length x flows re-filled x log) per fill, usually one or two fills.
  @inline(__always)
  mutating func resolveRates() {
    if changedLinks.isEmpty && freshFlows.isEmpty { return }
    resolveChanges()
  }

  private mutating func resolveChanges() {
    scratch.fillNumber &+= 1
    scratch.round = scratch.fillNumber
    scratch.included.removeAll()
    scratch.touched.removeAll()
    scratch.invalidated.removeAll()
    for position in 0..<changedLinks.count {
      let link = Int(changedLinks.base[position])
      links.base[link].isChanged = false
      touch(link)
      invalidate(link)
    }
    for position in 0..<freshFlows.count { includeFresh(Int(freshFlows.base[position])) }
    changedLinks.removeAll()
    freshFlows.removeAll()
    // A full link crossed by a flow of the re-fill gives others more or less than before. The list
    // grows during the loop.
    var position = 0
    while position < scratch.touched.count {
      invalidate(Int(scratch.touched.base[position]))
      position += 1
    }
    repeat { fill() } while review()
    adopt()
    effort.rateUpdates += 1
    effort.refilledFlows += scratch.included.count
  }

  /// Loads the capacity and load of a link, once per round.
  @inline(__always)
  private mutating func touch(_ link: Int) {
    let record = scratch.fill + link
    guard record.pointee.touchedIn != scratch.round else { return }
    record.pointee.touchedIn = scratch.round
    record.pointee.residual = links.base[link].capacity - links.base[link].used
    record.pointee.weight = 0
    record.pointee.outsideCount = links.base[link].listCount
    scratch.touched.append(Int32(truncatingIfNeeded: link))
  }

  /// Whether a flow is not in the re-fill.
  @inline(__always)
  private func isOutside(_ flow: UnsafeMutablePointer<FlowRecord>) -> Bool {
    flow.pointee.stamp &- scratch.round > scratch.fillNumber &- scratch.round
  }

  /// Adds a flow to the re-fill and releases its previous share.
  @inline(__always)
  private mutating func include(_ index: Int) {
    let flow = flows.base + index
    guard isOutside(flow) else { return }
    flow.pointee.stamp = scratch.round
    scratch.included.append(Int32(truncatingIfNeeded: index))
    let weight = flow.pointee.weight
    let bottleneck = Int(flow.pointee.bottleneck)
    let rate = bottleneck < 0 ? 0 : links.base[bottleneck].fairShare * weight
    let hops = hopLinks.base + index &<< hopShift
    for hop in 0..<Int(flow.pointee.hopCount) { release(rate, weight, on: Int(hops[hop])) }
  }

  /// Releases the previous share of a flow of the re-fill on a link that it crosses.
  @inline(__always)
  private mutating func release(_ rate: Double, _ weight: Double, on link: Int) {
    touch(link)
    let record = scratch.fill + link
    record.pointee.residual += rate
    record.pointee.weight += weight
    record.pointee.outsideCount &-= 1
  }

  /// Adds a new flow to the re-fill, with the groups that it must share links with.
  private mutating func includeFresh(_ index: Int) {
    include(index)
    let first = index &<< hopShift
    for hop in first..<(first + Int(flows.base[index].hopCount)) {
      invalidate(Int(hopLinks.base[hop]))
    }
  }

  /// Invalidates a link's group: all of its flows join the re-fill.
  private mutating func invalidate(_ link: Int) {
    guard scratch.fill[link].invalidatedIn != scratch.round,
      links.base[link].memberCount > 0 || links.base[link].isStale
    else { return }
    scratch.fill[link].invalidatedIn = scratch.round
    scratch.fill[link].runLength = links.base[link].memberCount
    scratch.invalidated.append(Int32(truncatingIfNeeded: link))
    if links.base[link].memberCount > 0 { includeGroup(of: link) }
  }

  /// Adds the flows that a link binds to the re-fill; none of them is in it yet, because a flow
  /// belongs to one group.
  private mutating func includeGroup(of link: Int) {
    let list = entries.base + Int(links.base[link].listStart)
    let count = Int(links.base[link].memberCount)
    // This touches the link, whose sums stay in registers for the other flows.
    include(Int(list[0]) &>> hopShift)
    let (flows, hops, fill) = (flows.base, hopLinks.base, scratch.fill)
    let (shift, round) = (hopShift, scratch.round)
    let fairShare = links.base[link].fairShare
    let record = fill + link
    var (residual, totalWeight) = (record.pointee.residual, record.pointee.weight)
    let included = scratch.included.grow(by: count - 1)
    for place in 1..<count {
      let index = Int(list[place]) &>> shift
      included[place &- 1] = Int32(truncatingIfNeeded: index)
      let flow = flows + index
      flow.pointee.stamp = round
      let weight = flow.pointee.weight
      let rate = fairShare * weight
      residual += rate
      totalWeight += weight
      var hop = hops + index &<< shift
      let end = hop + Int(flow.pointee.hopCount)
      while hop < end {
        let crossed = Int(hop.pointee)
        hop += 1
        if crossed != link { release(rate, weight, on: crossed) }
      }
    }
    record.pointee.residual = residual
    record.pointee.weight = totalWeight
    record.pointee.outsideCount &-= Int32(truncatingIfNeeded: count &- 1)
  }

  /// Checks the certificate where the fill could have broken it, and invalidates failing groups.
  ///
  /// - Returns: whether the set of flows grew, so that they must be filled again.
  private mutating func review() -> Bool {
    let before = scratch.included.count
    // Links touched during this loop belong to the next review.
    let touchedCount = scratch.touched.count
    for position in 0..<touchedCount {
      let link = Int(scratch.touched.base[position])
      let record = scratch.fill[link]
      let open = scratch.open[link]
      let capacity = links.base[link].capacity
      let isIntact =
        links.base[link].memberCount > 0 && record.invalidatedIn != scratch.round
      if record.residual < -Self.tolerance * capacity {
        invalidateFaster(than: -1, on: link)
      } else if isIntact
        && (open.left > Self.tolerance * capacity
          || record.outsideCount < links.base[link].listCount
            && open.lastShare > links.base[link].fairShare * (1 + Self.tolerance))
      {
        invalidate(link)
      } else if record.bindsIn == scratch.fillNumber && record.outsideCount > 0
        // No flow outside is faster than the group was, so it is not faster than a faster group.
        && !(links.base[link].fairShare > 0 && open.lastShare >= links.base[link].fairShare)
        && (isIntact || hasFaster(than: open.lastShare, on: link))
      {
        invalidateFaster(than: open.lastShare * (1 + Self.tolerance), on: link)
      }
    }
    return scratch.included.count > before
  }

  /// Whether a flow outside the re-fill may have a share above a value.
  ///
  /// - Precondition: the link has no group outside the re-fill.
  private func hasFaster(than fairShare: Double, on link: Int) -> Bool {
    let record = links.base + link
    guard record.pointee.otherShare > fairShare else { return false }
    // The bound may come from flows that have left or slowed down: find it again.
    let (links, flows, shift) = (links.base, flows.base, hopShift)
    let list = entries.base + Int(record.pointee.listStart)
    var highest = 0.0
    for place in Int(record.pointee.memberCount)..<Int(record.pointee.listCount) {
      let flow = flows + (Int(list[place]) &>> shift)
      // Outside or not is unpredictable, so it is not a branch: a new flow reads link 0.
      let share = links[max(0, Int(flow.pointee.bottleneck))].fairShare
      highest = max(highest, isOutside(flow) ? share : 0)
    }
    record.pointee.otherShare = highest
    return highest > fairShare
  }

  /// Invalidates the groups of a link's flows outside the re-fill whose share is above a value.
  private mutating func invalidateFaster(than fairShare: Double, on link: Int) {
    let list = entries.base + Int(links.base[link].listStart)
    // The flows of an invalidated group are included.
    let first =
      scratch.fill[link].invalidatedIn == scratch.round ? Int(links.base[link].memberCount) : 0
    for place in first..<Int(links.base[link].listCount) {
      let flow = flows.base + (Int(list[place]) &>> hopShift)
      guard isOutside(flow) else { continue }
      let bottleneck = Int(flow.pointee.bottleneck)
      if links.base[bottleneck].fairShare > fairShare { invalidate(bottleneck) }
    }
  }
}
