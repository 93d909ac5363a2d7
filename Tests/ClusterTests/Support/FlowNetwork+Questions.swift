// Queries of a flow network: rates, loads and remaining bytes, exact at the present time.

import Units

@testable import Cluster

extension FlowNetwork {
  /// The rate of a flow; nil if the id is superseded.
  mutating func rate(of id: FlowID) -> BytesPerSecond? {
    guard isCurrent(id) else { return nil }
    resolveRates()
    return BytesPerSecond(rate(ofFlow: Int(id.index)) * 1e12)
  }

  /// The bytes that a flow has not sent yet; nil if the id is superseded.
  mutating func remainingBytes(of id: FlowID) -> Double? {
    guard isCurrent(id) else { return nil }
    resolveRates()
    return remainingBytes(ofFlow: Int(id.index))
  }

  /// The sum of the rates of the flows that cross a link.
  mutating func load(ofLink link: Int) -> BytesPerSecond {
    resolveRates()
    return BytesPerSecond(links.base[link].used * 1e12)
  }

  /// The capacity of a link.
  func capacity(ofLink link: Int) -> BytesPerSecond {
    BytesPerSecond(links.base[link].capacity * 1e12)
  }

  /// The unsent bytes of all flows in progress.
  ///
  /// Complexity: O(flows and links).
  mutating func bytesToSend() -> Double {
    resolveRates()
    var sum = 0.0
    for index in 0..<flows.count where flows.base[index].bottleneck >= 0 {
      sum += remainingBytes(ofFlow: index)
    }
    return sum
  }

  /// Whether no flow that crosses a link and that it does not bind has a share above the link's
  /// bound for them. Shares of joined groups are equal within the tolerance.
  mutating func boundsOtherShares(ofLink link: Int) -> Bool {
    resolveRates()
    let record = links.base[link]
    let list = entries.base + Int(record.listStart)
    return (Int(record.memberCount)..<Int(record.listCount)).allSatisfy { place in
      let bottleneck = Int(flows.base[Int(list[place]) >> hopShift].bottleneck)
      return links.base[bottleneck].fairShare <= record.otherShare * (1 + 4 * Self.tolerance)
    }
  }

  private func rate(ofFlow index: Int) -> Double {
    let flow = flows.base[index]
    return flow.bottleneck < 0 ? 0 : links.base[Int(flow.bottleneck)].fairShare * flow.weight
  }
}
