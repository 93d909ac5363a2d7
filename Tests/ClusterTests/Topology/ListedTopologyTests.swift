import Testing
import Units

@testable import Cluster

@Suite("A topology listed link by link")
struct ListedTopologyTests {
  func link(_ from: String, _ to: String, latency: Double = 1) -> ListedLink {
    ListedLink(
      from: from, to: to, capacity: BytesPerSecond(50e9),
      latency: SimDuration(microseconds: latency))
  }

  func bothWays(_ links: [ListedLink]) -> [ListedLink] { links + links.map(\.reversed) }

  @Test("routes are shortest, and their latencies add up")
  func shortest() throws {
    let listed = bothWays([
      link("gpu0", "a"), link("gpu1", "a"), link("a", "b", latency: 2), link("gpu2", "b"),
    ])

    let topology = try ListedTopology(gpuCount: 3, listed)
    let near = topology.route(from: 0, to: 1)
    let far = topology.route(from: 0, to: 2)

    #expect(near.path.map { topology.links[Int($0)].name } == ["gpu0-a", "a-gpu1"])
    #expect(far.path.map { topology.links[Int($0)].name } == ["gpu0-a", "a-b", "b-gpu2"])
    #expect(near.latency == SimDuration(microseconds: 2))
    #expect(far.latency == SimDuration(microseconds: 4))
    #expect(topology.longestPath == 3)
    #expect(topology.counts == TopologyCounts(endpoints: 3, switches: 2, links: 1))
  }

  @Test("no route passes through a GPU")
  func throughGPU() {
    let listed = bothWays([link("gpu0", "gpu1"), link("gpu1", "gpu2")])

    #expect(
      throws: ListedTopologyProblem(flaws: [
        .unreachable(from: 0, to: 2), .unreachable(from: 2, to: 0),
      ])
    ) { try ListedTopology(gpuCount: 3, listed) }
  }

  @Test("all problems are reported at once")
  func problems() {
    var broken = link("gpu1", "a")
    broken.capacity = BytesPerSecond(-1)
    let listed = [link("gpu0", "a"), link("a", "a"), broken, link("gpu0", "a")]

    #expect(
      throws: ListedTopologyProblem(flaws: [
        .loop(link: 1), .capacity(link: 2), .twice(first: 0, second: 3),
        .unreachable(from: 0, to: 1), .unreachable(from: 1, to: 0),
      ])
    ) { try ListedTopology(gpuCount: 2, listed) }
  }

  @Test("two flows share the link between two switches")
  func sharing() throws {
    let listed = bothWays([
      link("gpu0", "a"), link("gpu1", "a"), link("a", "b"), link("gpu2", "b"), link("gpu3", "b"),
    ])
    let topology = try ListedTopology(gpuCount: 4, listed)
    var network = topology.makeNetwork()
    network.begin(
      0,
      [(0, 2), (1, 3)].map { source, target in
        let (path, latency) = topology.route(from: source, to: target)
        return FlowRequest(path: path, bytes: 50e3, latency: latency)
      })
    var arrivals: [TransferArrival] = []

    while let time = network.nextCompletion() { network.advance(to: time, arrivals: &arrivals) }

    // 50 kB at 25 GB/s, and three links of 1 us.
    #expect(arrivals.map(\.time) == [SimTime(picoseconds: 5_000_000)])
  }
}
