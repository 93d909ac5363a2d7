// How a change is settled. Max-min rates have a certificate: every flow crosses a full link on
// which no flow has a higher rate per unit of weight. A change breaks it at few links only:
//
// 1. The groups of links that changed are dissolved; their flows and new ones are to be re-filled.
//    What those flows get will change the load of every other link that they cross, so the groups
//    of these are dissolved too, and so on. All other flows keep their rates and count as load.
// 2. Those flows are filled up by progressive filling on what the load leaves.
// 3. The certificate is checked at every link they cross. A group outside whose link is no longer
//    full, or that is no longer the fastest there, or that outruns a flow the fill froze, is
//    dissolved as well, and 2 starts anew. With all groups dissolved it is the full solution, so
//    this ends, and what it ends with is certified everywhere.
//
// Rates of different arithmetic differ in their last bits; `tolerance` is what counts as equal.

/// What a settlement works with; kept between settlements for its memory.
struct SettlementScratch: ~Copyable {
  let fill: UnsafeMutablePointer<FillRecord>
  let open: UnsafeMutablePointer<OpenRecord>
  /// Flows to be re-filled.
  var included = RawBuffer<Int32>()
  /// Links that those cross or that changed, those whose groups are dissolved, and those that bind
  /// a flow of the last fill.
  var touched = RawBuffer<Int32>()
  var dissolved = RawBuffer<Int32>()
  var binding = RawBuffer<Int32>()
  var heap = RawBuffer<FillEntry>()
  var settlement: UInt32 = 0
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
  mutating func settle() {
    if changedLinks.isEmpty && freshFlows.isEmpty { return }
    settleChanges()
  }

  private mutating func settleChanges() {
    scratch.settlement &+= 1
    scratch.included.removeAll()
    scratch.touched.removeAll()
    scratch.dissolved.removeAll()
    for position in 0..<changedLinks.count {
      let link = Int(changedLinks.base[position])
      links.base[link].isChanged = false
      touch(link)
      dissolve(link)
    }
    for position in 0..<freshFlows.count { includeFresh(Int(freshFlows.base[position])) }
    changedLinks.removeAll()
    freshFlows.removeAll()
    // A full link that a flow of the re-fill crosses gives others more or less than before. The row
    // grows while it is walked.
    var position = 0
    while position < scratch.touched.count {
      dissolve(Int(scratch.touched.base[position]))
      position += 1
    }
    repeat { fill() } while review()
    adopt()
    effort.settlements += 1
    effort.refilledFlows += scratch.included.count
  }

  /// Takes a link's capacity and load into the settlement.
  @inline(__always)
  private mutating func touch(_ link: Int) {
    let record = scratch.fill + link
    guard record.pointee.touchedIn != scratch.settlement else { return }
    record.pointee.touchedIn = scratch.settlement
    record.pointee.residual = links.base[link].capacity - links.base[link].used
    record.pointee.weight = 0
    record.pointee.flowCount = 0
    scratch.touched.append(Int32(truncatingIfNeeded: link))
  }

  /// Takes a flow into the re-fill: what it had is free again.
  @inline(__always)
  private mutating func include(_ index: Int) {
    let flow = flows.base + index
    guard flow.pointee.includedIn != scratch.settlement else { return }
    flow.pointee.includedIn = scratch.settlement
    scratch.included.append(Int32(truncatingIfNeeded: index))
    let weight = flow.pointee.weight
    let bottleneck = Int(flow.pointee.bottleneck)
    let rate = bottleneck < 0 ? 0 : links.base[bottleneck].level * weight
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
      dissolve(Int(hopLinks.base[hop]))
    }
  }

  /// Takes a link's whole group into the re-fill.
  private mutating func dissolve(_ link: Int) {
    guard scratch.fill[link].dissolvedIn != scratch.settlement,
      links.base[link].memberCount > 0 || links.base[link].isStale
    else { return }
    scratch.fill[link].dissolvedIn = scratch.settlement
    scratch.dissolved.append(Int32(truncatingIfNeeded: link))
    let list = entries.base + Int(links.base[link].listStart)
    for place in 0..<Int(links.base[link].memberCount) {
      include(Int(list[place]) &>> hopShift)
    }
  }

  /// Checks the certificate where the fill could have broken it and dissolves what fails.
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
        links.base[link].memberCount > 0 && record.dissolvedIn != scratch.settlement
      if record.residual < -Self.tolerance * capacity {
        dissolveFaster(than: -1, on: link)
      } else if isIntact
        && (open.left > Self.tolerance * capacity
          || record.flowCount > 0
            && open.lastLevel > links.base[link].level * (1 + Self.tolerance))
      {
        dissolve(link)
      } else if record.bindsIn == scratch.fillNumber
        && record.flowCount < links.base[link].listCount
      {
        dissolveFaster(than: open.lastLevel * (1 + Self.tolerance), on: link)
      }
    }
    return scratch.included.count > before
  }

  /// Dissolves the groups of a link's flows outside the re-fill that run above a level.
  private mutating func dissolveFaster(than level: Double, on link: Int) {
    let start = Int(links.base[link].listStart)
    for place in 0..<Int(links.base[link].listCount) {
      let flow = flows.base + (Int(entries.base[start &+ place]) &>> hopShift)
      let bottleneck = Int(flow.pointee.bottleneck)
      if flow.pointee.includedIn != scratch.settlement, links.base[bottleneck].level > level {
        dissolve(bottleneck)
      }
    }
  }
}
