// What can be asked of a network: rates, loads, what is left. Answers are exact for the present.

import Units

extension FlowNetwork {
  /// The rate of a flow; nil where the name is superseded.
  public mutating func rate(of id: FlowID) -> BytesPerSecond? {
    guard isCurrent(id) else { return nil }
    settle()
    return BytesPerSecond(rate(ofFlow: Int(id.index)) * 1e12)
  }

  /// The bytes that a flow has not sent yet; nil where the name is superseded.
  public mutating func remainingBytes(of id: FlowID) -> Double? {
    guard isCurrent(id) else { return nil }
    settle()
    return remainingBytes(ofFlow: Int(id.index))
  }

  /// The sum of the rates of the flows that cross a link.
  public mutating func load(ofLink link: Int) -> BytesPerSecond {
    settle()
    return BytesPerSecond(links.base[link].used * 1e12)
  }

  /// Capacity of a link.
  public func capacity(ofLink link: Int) -> BytesPerSecond {
    BytesPerSecond(links.base[link].capacity * 1e12)
  }

  /// Bytes of flows in progress that have not been sent.
  ///
  /// Complexity: O(flows and links).
  public mutating func bytesToSend() -> Double {
    settle()
    var sum = 0.0
    for index in 0..<flows.count where flows.base[index].bottleneck >= 0 {
      sum += remainingBytes(ofFlow: index)
    }
    return sum
  }

  func rate(ofFlow index: Int) -> Double {
    let flow = flows.base[index]
    return flow.bottleneck < 0 ? 0 : links.base[Int(flow.bottleneck)].level * flow.weight
  }

  func remainingBytes(ofFlow index: Int) -> Double {
    let flow = flows.base[index]
    let finish = books.base[index].finish
    guard flow.bottleneck >= 0 else { return finish * flow.weight }
    let group = links.base[Int(flow.bottleneck)]
    let reading = group.clock + group.level * Double(clock - group.since)
    return max(0, finish - reading) * flow.weight
  }
}
