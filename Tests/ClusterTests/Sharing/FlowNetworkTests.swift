// The flow network in cases that can be solved by hand. Capacities are 1 GB/s, one byte per
// nanosecond, so times in nanoseconds equal bytes.

import Testing
import Units

@testable import Cluster

@Suite("The flow network")
struct FlowNetworkTests {
  static let gigabyte = BytesPerSecond(1e9)

  func network(links: Int) -> FlowNetwork {
    FlowNetwork(capacities: Array(repeating: Self.gigabyte, count: links), longestPath: 4)
  }

  func nanoseconds(_ count: Double) -> SimTime { SimTime(picoseconds: Int64(count * 1e3)) }

  /// Runs until no flow is moving. Returns when each tag drained, in order of time.
  func drain(_ network: inout FlowNetwork) -> [(tag: Int, time: SimTime)] {
    var completions: [FlowCompletion] = []
    while let time = network.nextCompletion() {
      network.advance(to: time, completions: &completions)
    }
    return completions.map { ($0.tag, $0.drained) }
  }

  @Test("a long flow has the link to itself before and after a short flow shares it")
  func twoFlows() {
    var network = network(links: 1)
    network.start(path: [0], bytes: 1000, tag: 1)
    var none: [FlowCompletion] = []
    network.advance(to: nanoseconds(100), completions: &none)
    network.start(path: [0], bytes: 200, tag: 2)

    let ends = drain(&network)

    // 100 alone, then 400 at half the rate to send 200 each, then 700 alone.
    #expect(ends.map(\.tag) == [2, 1])
    #expect(ends.map(\.time) == [nanoseconds(500), nanoseconds(1200)])
    #expect(none.isEmpty)
  }

  @Test("a flow limited by another link leaves the remaining bandwidth to the others")
  func leftovers() {
    var network = network(links: 2)
    network.setCapacity(BytesPerSecond(0.2e9), ofLink: 1)
    let narrow = network.start(path: [0, 1], bytes: 1e6)
    let wide = network.start(path: [0], bytes: 1e6)

    #expect(abs((network.rate(of: narrow)?.value ?? 0) - 0.2e9) < 1)
    #expect(abs((network.rate(of: wide)?.value ?? 0) - 0.8e9) < 1)
    #expect(abs(network.load(ofLink: 0).value - 1e9) < 1)
  }

  @Test("a flow of weight three counts as three flows")
  func weights() {
    var bundled = network(links: 1)
    bundled.start(path: [0], bytes: 3000, weight: 3, tag: 0)
    bundled.start(path: [0], bytes: 1500, tag: 1)
    var single = network(links: 1)
    for _ in 0..<3 { single.start(path: [0], bytes: 1000, tag: 0) }
    single.start(path: [0], bytes: 1500, tag: 1)

    let ends = drain(&bundled)
    let expected = drain(&single)

    #expect(ends.map(\.tag) == [0, 1])
    #expect(ends.map(\.time) == [nanoseconds(4000), nanoseconds(4500)])
    #expect(expected.map(\.tag) == [0, 0, 0, 1])
    #expect(expected.last?.time == ends.last?.time)
  }

  @Test("equal flows drain at the same instant, after one update of rates")
  func batch() {
    var network = network(links: 64)
    for link in 0..<64 { network.start(path: [Int32(link)], bytes: 500, tag: link) }
    var completions: [FlowCompletion] = []

    let time = network.nextCompletion()
    network.advance(to: nanoseconds(500), completions: &completions)

    #expect(time == nanoseconds(500))
    #expect(completions.map(\.tag).sorted() == Array(0..<64))
    #expect(network.effort.rateUpdates == 1)
  }

  @Test("a completion recomputes only the flows that it can affect")
  func local() {
    var network = network(links: 100)
    for link in 0..<50 {
      network.start(path: [Int32(2 * link)], bytes: 100 + Double(link), tag: link)
      network.start(path: [Int32(2 * link), Int32(2 * link + 1)], bytes: 1000, tag: 100 + link)
    }
    let first = network.nextCompletion()
    let before = network.effort
    var completions: [FlowCompletion] = []

    network.advance(to: nanoseconds(200), completions: &completions)
    let second = network.nextCompletion()

    #expect(first == nanoseconds(200))
    #expect(completions.map(\.tag) == [0])
    #expect(second == nanoseconds(202))
    #expect(network.effort.refilledFlows == before.refilledFlows + 1)
  }

  @Test("the last byte arrives one latency after it was sent")
  func latency() {
    var network = network(links: 1)
    network.start(path: [0], bytes: 100, latency: SimDuration(picoseconds: 3_700_000))
    var completions: [FlowCompletion] = []

    network.advance(to: nanoseconds(100), completions: &completions)

    #expect(completions.map(\.drained) == [nanoseconds(100)])
    #expect(completions.map(\.delivered) == [nanoseconds(3800)])
  }

  @Test("a dead link stops its own flows only, and they continue once it is back")
  func deadLink() {
    var network = network(links: 2)
    network.start(path: [0], bytes: 100, tag: 0)
    network.start(path: [1], bytes: 100, tag: 1)
    var completions: [FlowCompletion] = []
    network.advance(to: nanoseconds(50), completions: &completions)

    network.setCapacity(.zero, ofLink: 0)
    network.advance(to: nanoseconds(1000), completions: &completions)
    let whileDead = network.nextCompletion()
    network.setCapacity(Self.gigabyte, ofLink: 0)
    let back = network.nextCompletion()

    #expect(completions.map(\.tag) == [1])
    #expect(whileDead == nil)
    #expect(back == nanoseconds(1050))
  }

  @Test("a flow of zero bytes ends immediately")
  func nothing() {
    var network = network(links: 1)
    network.start(path: [0], bytes: 0)

    #expect(network.nextCompletion() == .zero)
    #expect(drain(&network).map(\.time) == [.zero])
  }

  @Test(
    "INV-10: the id of an ended flow matches nothing, even after its slot is reused")
  func superseded() {
    var network = network(links: 1)
    let old = network.start(path: [0], bytes: 100)
    _ = drain(&network)
    let new = network.start(path: [0], bytes: 100)

    #expect(old != new)
    #expect(network.cancel(old) == nil)
    #expect(network.rate(of: old) == nil)
    #expect(network.remainingBytes(of: new) == 100)
    #expect(network.cancel(new) == 100)
    #expect(network.nextCompletion() == nil)
    #expect(network.bytesCancelled == 100)
  }

  @Test("an operation ends when its last flow has arrived")
  func operations() {
    var network = TransferNetwork(
      capacities: [Self.gigabyte, Self.gigabyte], longestPath: 1)
    let travel = SimDuration(picoseconds: 5_000)
    network.begin(
      3,
      [
        FlowRequest(path: [0], bytes: 100, latency: travel * 100),
        FlowRequest(path: [1], bytes: 25, count: 8, latency: travel),
      ])
    network.begin(4, [])
    var arrivals: [TransferArrival] = []

    while let time = network.nextCompletion() { network.advance(to: time, arrivals: &arrivals) }

    #expect(
      arrivals == [
        TransferArrival(operation: 4, time: .zero),
        TransferArrival(operation: 3, time: nanoseconds(600)),
      ])
  }
}
