// Refused sizes and counts, and the texts of their messages.

import Testing

@testable import Routing

@Suite("Placement input")
struct PlacementInputTests {
  @Test(
    "a problem names the violated rule and the nearest legal value",
    arguments: [
      (PlacementSizes(replicas: 250, groups: 8, nodes: 4, gpus: 32), "fewer than", "nearest: 256"),
      (PlacementSizes(replicas: 290, groups: 8, nodes: 4, gpus: 32), "equal slots", "288 or 320"),
      (PlacementSizes(replicas: 288, groups: 7, nodes: 4, gpus: 32), "do not divide", "nearest: 8"),
      (PlacementSizes(replicas: 288, groups: 8, nodes: 5, gpus: 32), "equal nodes", "30 or 35"),
      (PlacementSizes(replicas: 288, groups: 8, nodes: 0, gpus: 32), "at least 1", "nearest: 1"),
    ])
  func sizes(_ sizes: PlacementSizes, rule: String, nearest: String) {
    let problems = sizes.problems(experts: 256)

    #expect(problems.contains { $0.text.contains(rule) && $0.text.contains(nearest) })
  }

  @Test("a size above the limit is refused by name", arguments: [65_537, Int.max])
  func limit(size: Int) {
    let found = [
      PlacementSizes(replicas: size, groups: 8, nodes: 4, gpus: 32),
      PlacementSizes(replicas: 288, groups: 8, nodes: size, gpus: 32),
      PlacementSizes(replicas: 288, groups: 8, nodes: 4, gpus: size),
      .defaults(replicas: nil, groups: 8, nodes: nil, gpus: size, experts: 256),
      .defaults(replicas: nil, groups: 8, nodes: size, gpus: nil, experts: 256),
    ].map { $0.problems(experts: 256) }

    for (problems, name) in zip(found, ["replicas", "nodes", "gpus", "gpus", "nodes"]) {
      let expected = "error: \(name) \"\(size)\": more than the limit of 65536\n  nearest: 65536"
      #expect(problems.map(\.report) == [expected])
    }
  }

  @Test("legal sizes have no problems")
  func legal() {
    let sizes = PlacementSizes(replicas: 288, groups: 8, nodes: 18, gpus: 144)
    #expect(sizes.problems(experts: 256) == [])
    #expect(!sizes.isHierarchical)
  }

  @Test("default sizes are compatible with any specified size")
  func defaults() {
    for experts in [1, 8, 64, 160, 256, 384] {
      for size in Array(1...40) + [64, 144, 1000] {
        let machines = [
          PlacementSizes.defaults(
            replicas: nil, groups: 1, nodes: nil, gpus: size, experts: experts),
          .defaults(replicas: nil, groups: 1, nodes: size, gpus: nil, experts: experts),
        ]
        for sizes in machines {
          #expect(sizes.problems(experts: experts) == [])
          #expect(sizes.nodes == size || sizes.gpus == size)
        }
      }
    }
  }

  @Test("the default machine has 288 slots on 32 GPUs in 4 nodes")
  func defaultMachine() {
    let sizes = PlacementSizes.defaults(
      replicas: nil, groups: 8, nodes: nil, gpus: nil, experts: 256)

    #expect(sizes == PlacementSizes(replicas: 288, groups: 8, nodes: 4, gpus: 32))
  }

  @Test("specified sizes are kept even if they are illegal")
  func specified() {
    let sizes = PlacementSizes.defaults(replicas: 7, groups: 8, nodes: 0, gpus: -1, experts: 256)

    #expect(sizes == PlacementSizes(replicas: 7, groups: 8, nodes: 0, gpus: -1))
    #expect(sizes.problems(experts: 256).count == 2)
  }

  @Test("a table of counts may have comments, spaces and empty lines")
  func csv() throws {
    let loads = try ExpertCounts(
      text: "# one row per layer\n1, 2,3\r\n\n4,5.5,6e2\n", file: "a.csv"
    ).loads

    #expect(loads.layers == 2 && loads.experts == 3)
    #expect(loads[1] == [4, 5.5, 600])
  }

  @Test(
    "every bad cell and row is reported at once",
    arguments: [
      ("1,nan\n-2,x\n", ["a.csv:1", "\"nan\"", "a.csv:2", "\"-2\"", "nearest: 0", "\"x\""]),
      ("1,2\n3\n", ["a.csv:2", "1 columns where line 1 has 2"]), ("", ["has no row"]),
      ("inf,1\n", ["\"inf\" is not a count"]),
      ("root:x:0:0\ndaemon:x\n", ["a.csv: is not a table of counts"]),
      ("1,,2\n", ["column 2: \"\" is not a count"]),
    ])
  func refused(text: String, words: [String]) {
    let error = #expect(throws: PlacementProblem.self) {
      try ExpertCounts(text: text, file: "a.csv")
    }
    for word in words { #expect(error?.description.contains(word) == true, "\(word)") }
  }
}
