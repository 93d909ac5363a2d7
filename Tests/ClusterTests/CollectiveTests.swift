// Collectives checked against the byte counts and times derived in their sources.

import Testing
import Units

@testable import Cluster

@Suite("Collectives as flows")
struct CollectiveTests {
  static let node = NodeSpec.catalogue[0]
  static let bytes = 1e9

  static func plan(
    _ operation: CollectiveOperation, _ algorithm: CollectiveAlgorithm, _ ranks: [Int]
  ) -> CollectivePlan? {
    CollectivePlan(operation, algorithm, ranks: ranks, gpusPerNode: 8, bytes: bytes)
  }

  @Test(
    "a ring sends (n - 1)/n of the buffer from each rank, twice for all-reduce",
    arguments: CollectiveOperation.allCases, [2, 5, 8, 16, 64])
  func ring(operation: CollectiveOperation, count: Int) throws {
    let plan = try #require(Self.plan(operation, .ring, Array(0..<count)))

    let turns = operation == .allReduce ? 2.0 : 1
    for rank in 0..<count {
      let expected = turns * Self.bytes * Double(count - 1) / Double(count)
      #expect(abs(plan.bytesSent(by: rank) / expected - 1) < 1e-12)
    }
  }

  @Test(
    "a double tree moves 2 (n - 1) buffers, and no rank sends more than two",
    arguments: [2, 3, 7, 8, 16])
  func tree(count: Int) throws {
    let plan = try #require(Self.plan(.allReduce, .tree, Array(0..<count)))
    let sent = (0..<count).map { plan.bytesSent(by: $0) }

    #expect(abs(sent.reduce(0, +) / Self.bytes - 2 * Double(count - 1)) < 1e-9)
    #expect((sent.max() ?? 0) <= 2 * Self.bytes)
    // The first chunk travels the depth of the binary tree up and down.
    let depth = (1..<count).map { CollectivePlan.depth(of: $0, count) }.max() ?? 0
    #expect(plan.phases[0].steps == 2 * depth)
    #expect(1 << (depth - 1) < count)
    #expect(Self.plan(.allGather, .tree, Array(0..<count)) == nil)
  }

  @Test(
    "two levels send (g - 1)/g inside nodes and (m - 1)/m of a g-th between them",
    arguments: CollectiveOperation.allCases)
  func hierarchical(operation: CollectiveOperation) throws {
    let plan = try #require(Self.plan(operation, .hierarchical, Array(0..<32)))

    let inside = Self.bytes * 7 / 8
    let between = Self.bytes / 8 * 3 / 4
    let turns = operation == .allReduce ? 2.0 : 1
    for rank in 0..<32 {
      #expect(abs(plan.bytesSent(by: rank) / (turns * (inside + between)) - 1) < 1e-12)
    }
    #expect(plan.phases.count == (operation == .allReduce ? 3 : 2))
    #expect(Self.plan(operation, .hierarchical, [0, 1, 8]) == nil)
  }

  @Test("on the flow network, two levels take the time of their bytes plus their latencies")
  func hierarchicalTime() throws {
    let topology = try Wiring.named("multi-plane", ClusterSpec(node: Self.node, nodeCount: 4))
    let plan = try #require(Self.plan(.allReduce, .hierarchical, Array(0..<32)))

    let seconds = plan.seconds(on: topology)

    // 160 GB/s of NVLink (hw.h800.nvlink_effective), 50 GB/s of NIC, same leaf.
    let inside = Self.bytes * 7 / 8 / 160e9 + 3.33e-6
    let between = 2 * Self.bytes / 8 * 3 / 4 / 50e9 + 2 * 3 * 2.8e-6
    #expect(abs(seconds / (2 * inside + between) - 1) < 1e-9)
  }

  @Test("rings over four nodes load every NIC equally; a single ring would be eight times slower")
  func ringTime() throws {
    let topology = try Wiring.named("multi-plane", ClusterSpec(node: Self.node, nodeCount: 4))
    let plan = try #require(Self.plan(.reduceScatter, .ring, Array(0..<32)))
    let single = try #require(Self.plan(.reduceScatter, .ring, [0, 8, 16, 24]))

    let seconds = plan.seconds(on: topology)

    // An eighth of the 31/32 that pass every position leaves through each NIC. NVLink carries all
    // of it, and carries once more the part handed to the NIC of the next ring's rail.
    let nvlink = Self.bytes * 31 / 32 / 160e9
    #expect(seconds > nvlink)
    #expect(seconds < 1.3 * nvlink + 31 * (3.33e-6 + 2.8e-6))
    #expect(
      abs(single.seconds(on: topology) / (Self.bytes * 3 / 4 / 50e9 + 3 * 2.8e-6) - 1) < 1e-9)
  }

  @Test("a single rank has nothing to do")
  func alone() throws {
    for algorithm in CollectiveAlgorithm.allCases {
      let plan = try #require(Self.plan(.allReduce, algorithm, [3]))
      #expect(try plan.seconds(on: Wiring(ClusterSpec(node: Self.node, nodeCount: 1))) == 0)
    }
  }

  @Test("tensor groups are neighbouring GPUs; data-parallel groups take every eighth GPU")
  func groups() {
    let grid = RankGrid(sizes: [4, 2, 16])

    #expect(grid.groups(along: 0).prefix(2) == [[0, 1, 2, 3], [4, 5, 6, 7]])
    #expect(grid.groups(along: 1).first == [0, 4])
    #expect(grid.groups(along: 2).first == (0..<16).map { 8 * $0 })
    for dimension in 0..<3 {
      let groups = grid.groups(along: dimension)
      #expect(groups.flatMap { $0 }.sorted() == Array(0..<128))
    }
  }
}
