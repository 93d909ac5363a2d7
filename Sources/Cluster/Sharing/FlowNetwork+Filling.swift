// Progressive filling of the flows to re-fill: the link with the smallest fair share freezes its
// flows at that share, until all are frozen. A link's share only rises while others freeze, so a
// stored share is a lower bound, and it is corrected when a link comes first in the tournament.

extension FlowNetwork {
  /// Gives every included flow a bottleneck and a fair share of the remaining capacity.
  ///
  /// Complexity: O(path length x flows + links x log links), all of the re-fill.
  mutating func fill() {
    effort.fills += 1
    scratch.fillNumber &+= 1
    scratch.binding.removeAll()
    openLinks()
    var openFlows = scratch.included.count
    while openFlows > 0 {
      let link = nextToFreeze()
      openFlows -= freeze(link)
    }
  }

  private mutating func openLinks() {
    scratch.tournament.removeAll()
    for position in 0..<scratch.touched.count {
      let link = scratch.touched.base[position]
      let record = scratch.fill + Int(link)
      // A link without load outside leaves exactly its capacity.
      if record.pointee.outsideCount == 0 {
        record.pointee.residual = links.base[Int(link)].capacity
      }
      // Load above capacity, possible only after a capacity was reduced, is left to the review.
      let left = max(0, record.pointee.residual)
      let weight = record.pointee.weight
      let count = links.base[Int(link)].listCount &- record.pointee.outsideCount
      scratch.open[Int(link)] = OpenRecord(
        left: left, weight: weight, lastShare: 0, count: Int(count))
      if count > 0 { scratch.tournament.append(link, share: left / weight) }
    }
    scratch.tournament.play()
  }

  /// The link with the smallest share for its open flows.
  @inline(__always)
  private mutating func nextToFreeze() -> Int {
    while true {
      let link = scratch.tournament.first
      let open = scratch.open[link]
      if open.count > 0 {
        let fairShare = max(0, open.left) / open.weight
        if scratch.tournament.isLeast(fairShare) {
          scratch.tournament.removeFirst()
          return link
        }
        scratch.tournament.setShareOfFirst(fairShare)
      } else {
        scratch.tournament.removeFirst()
      }
    }
  }

  /// Freezes the open flows of a link at the share that it can give them.
  ///
  /// - Returns: the number of these flows.
  @inline(__always)
  private mutating func freeze(_ link: Int) -> Int {
    // The writes below could not keep these in registers otherwise.
    let (links, flows, hops) = (scratch.open, flows.base, hopLinks.base)
    let (fill, shift) = (scratch.fill, hopShift)
    let (round, fillNumber) = (scratch.round, scratch.fillNumber)
    let fills = fillNumber &- round
    let record = links + link
    let fairShare = max(0, record.pointee.left) / record.pointee.weight
    let count = record.pointee.count
    var open = count
    var entry = entries.base + Int(self.links.base[link].listStart)
    while open > 0 {
      let index = Int(entry.pointee) &>> shift
      entry += 1
      let flow = flows + index
      guard flow.pointee.stamp &- round < fills else { continue }
      flow.pointee.stamp = fillNumber
      flow.pointee.nextBottleneck = Int32(truncatingIfNeeded: link)
      let bottleneck = Int(flow.pointee.bottleneck)
      if bottleneck != link && bottleneck >= 0 { fill[bottleneck].leftIn = fillNumber }
      open &-= 1
      let weight = flow.pointee.weight
      let rate = weight * fairShare
      var hop = hops + index &<< shift
      let end = hop + Int(flow.pointee.hopCount)
      while hop < end {
        let crossed = links + Int(hop.pointee)
        hop += 1
        // Every flow crosses this link: its record is written once, at the end.
        if crossed == record { continue }
        crossed.pointee.left -= rate
        crossed.pointee.weight -= weight
        crossed.pointee.lastShare = fairShare
        crossed.pointee.count &-= 1
      }
    }
    self.links.base[link].nextOtherShare = record.pointee.lastShare
    record.pointee = OpenRecord(left: 0, weight: 0, lastShare: fairShare, count: 0)
    fill[link].bindsIn = fillNumber
    scratch.binding.append(Int32(truncatingIfNeeded: link))
    return count
  }
}
