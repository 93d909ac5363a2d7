// How rates are resolved after a change. Max-min rates have a certificate: every flow crosses a
// full link on which no flow has a higher rate per unit of weight. A change breaks it at few links:
//
// 1. The groups of links that changed are invalidated; their flows and new ones are to be
//    re-filled. What those flows get will change the load of every other link that they cross, so
//    the groups of these are invalidated too, and so on. All other flows keep their rates and count
//    as load.
// 2. Those flows are filled up by progressive filling on what the load leaves.
// 3. The certificate is checked at every link they cross. A group outside whose link is no longer
//    full, or that is no longer the fastest there, or that outruns a flow the fill froze, is
//    invalidated as well, and 2 starts anew. With all groups invalidated it is the full solution,
//    so this ends, and its result is certified everywhere.
//
// Rates of different arithmetic differ in their last bits; `tolerance` is what counts as equal.

/// Working memory for resolving rates, kept from one time to the next.
struct RateScratch: ~Copyable {
  let fill: UnsafeMutablePointer<FillRecord>
  let open: UnsafeMutablePointer<OpenRecord>
  /// Flows to be re-filled.
  var included = RawBuffer<Int32>()
  /// Links that those cross or that changed, those whose groups are invalidated, and those that
  /// bind a flow of the last fill.
  var touched = RawBuffer<Int32>()
  var invalidated = RawBuffer<Int32>()
  var binding = RawBuffer<Int32>()
  var heap = RawBuffer<FillEntry>()
  var round: UInt32 = 0
  var fillNumber: UInt32 = 0

  init(linkCount: Int) {
    fill = .allocate(capacity: max(1, linkCount))
    fill.initialize(repeating: FillRecord(), count: linkCount)
    open = .allocate(capacity: max(1, linkCount))
    open.initialize(repeating: OpenRecord(), count: linkCount)
  }

  deinit {
    fill.deallocate()
    open.deallocate()
  }
}

extension FlowNetwork {
  /// Relative difference below which two rates are equal.
  static var tolerance: Double { 1e-12 }

  /// Brings all rates up to date after changes.
  ///
  /// Complexity: O(path length x flows re-filled x log) for each fill, mostly one or two.
  @inline(__always)
  mutating func resolveRates() {
    if changedLinks.isEmpty && freshFlows.isEmpty { return }
    resolveChanges()
  }

  private mutating func resolveChanges() {
    scratch.round &+= 1
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
    // A full link that a flow of the re-fill crosses gives others more or less than before. The row
    // grows while it is walked.
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

  /// Takes in a link's capacity and load.
  @inline(__always)
  private mutating func touch(_ link: Int) {
    let record = scratch.fill + link
    guard record.pointee.touchedIn != scratch.round else { return }
    record.pointee.touchedIn = scratch.round
    record.pointee.residual = links.base[link].capacity - links.base[link].used
    record.pointee.weight = 0
    record.pointee.flowCount = 0
    scratch.touched.append(Int32(truncatingIfNeeded: link))
  }

  /// Takes a flow into the re-fill: what it had is free again.
  @inline(__always)
  private mutating func include(_ index: Int) {
    let flow = flows.base + index
    guard flow.pointee.includedIn != scratch.round else { return }
    flow.pointee.includedIn = scratch.round
    scratch.included.append(Int32(truncatingIfNeeded: index))
    let weight = flow.pointee.weight
    let bottleneck = Int(flow.pointee.bottleneck)
    let rate = bottleneck < 0 ? 0 : links.base[bottleneck].fairShare * weight
    let first = index &<< hopShift
    for hop in first..<(first &+ Int(flow.pointee.hopCount)) {
      let link = Int(hopLinks.base[hop])
      touch(link)
      let record = scratch.fill + link
      record.pointee.residual += rate
      record.pointee.weight += weight
      record.pointee.flowCount &+= 1
      // A link without load outside leaves exactly its capacity.
      if record.pointee.flowCount == links.base[link].listCount {
        record.pointee.residual = links.base[link].capacity
      }
    }
  }

  /// Takes a new flow into the re-fill, with the groups that it will have to share with.
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
    scratch.invalidated.append(Int32(truncatingIfNeeded: link))
    let list = entries.base + Int(links.base[link].listStart)
    for place in 0..<Int(links.base[link].memberCount) {
      include(Int(list[place]) &>> hopShift)
    }
  }

  /// Checks the certificate where the fill could have broken it and invalidates what fails.
  ///
  /// - Returns: whether the set of flows grew, so that they must be filled again.
  private mutating func review() -> Bool {
    let before = scratch.included.count
    // Links that are touched while this runs are the next review's.
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
          || record.flowCount > 0
            && open.lastShare > links.base[link].fairShare * (1 + Self.tolerance))
      {
        invalidate(link)
      } else if record.bindsIn == scratch.fillNumber
        && record.flowCount < links.base[link].listCount
      {
        invalidateFaster(than: open.lastShare * (1 + Self.tolerance), on: link)
      }
    }
    return scratch.included.count > before
  }

  /// Invalidates the groups of a link's flows outside the re-fill whose share is above a value.
  private mutating func invalidateFaster(than fairShare: Double, on link: Int) {
    let start = Int(links.base[link].listStart)
    for place in 0..<Int(links.base[link].listCount) {
      let flow = flows.base + (Int(entries.base[start &+ place]) &>> hopShift)
      let bottleneck = Int(flow.pointee.bottleneck)
      if flow.pointee.includedIn != scratch.round, links.base[bottleneck].fairShare > fairShare {
        invalidate(bottleneck)
      }
    }
  }
}
