// What is refused, and what the messages say.

import Testing

@testable import Routing

@Suite("Placement input")
struct PlacementInputTests {
  @Test(
    "sizes that do not go together name the rule and the nearest legal value",
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

  @Test("sizes beyond the limit are refused by name", arguments: [65_537, Int.max])
  func limit(size: Int) {
    let found = [
      PlacementSizes(replicas: size, groups: 8, nodes: 4, gpus: 32),
      PlacementSizes(replicas: 288, groups: 8, nodes: size, gpus: 32),
      PlacementSizes(replicas: 288, groups: 8, nodes: 4, gpus: size),
      .usual(replicas: nil, groups: 8, nodes: nil, gpus: size, experts: 256),
      .usual(replicas: nil, groups: 8, nodes: size, gpus: nil, experts: 256),
    ].map { $0.problems(experts: 256) }

    for (problems, name) in zip(found, ["replicas", "nodes", "gpus", "gpus", "nodes"]) {
      let expected = "error: \(name) \"\(size)\": more than the limit of 65536\n  nearest: 65536"
      #expect(problems.map(\.report) == [expected])
    }
  }

  @Test("legal sizes have no problem")
  func legal() {
    let sizes = PlacementSizes(replicas: 288, groups: 8, nodes: 18, gpus: 144)
    #expect(sizes.problems(experts: 256) == [])
    #expect(!sizes.isHierarchical)
  }

  @Test("sizes that nobody wrote go with those that are written, whatever they are")
  func usual() {
    for experts in [1, 8, 64, 160, 256, 384] {
      for size in Array(1...40) + [64, 144, 1000] {
        let machines = [
          PlacementSizes.usual(
            replicas: nil, groups: 1, nodes: nil, gpus: size, experts: experts),
          .usual(replicas: nil, groups: 1, nodes: size, gpus: nil, experts: experts),
        ]
        for sizes in machines {
          #expect(sizes.problems(experts: experts) == [])
          #expect(sizes.nodes == size || sizes.gpus == size)
        }
      }
    }
  }

  @Test("without a word they are 288 slots on 32 GPUs of 4 nodes")
  func usualMachine() {
    let sizes = PlacementSizes.usual(replicas: nil, groups: 8, nodes: nil, gpus: nil, experts: 256)

    #expect(sizes == PlacementSizes(replicas: 288, groups: 8, nodes: 4, gpus: 32))
  }

  @Test("sizes that are written are kept, and refused")
  func written() {
    let sizes = PlacementSizes.usual(replicas: 7, groups: 8, nodes: 0, gpus: -1, experts: 256)

    #expect(sizes == PlacementSizes(replicas: 7, groups: 8, nodes: 0, gpus: -1))
    #expect(sizes.problems(experts: 256).count == 2)
  }

  @Test("a table of counts is read, with comments and spaces")
  func csv() throws {
    let loads = try ExpertLoads(csv: "# a layer a row\n1, 2,3\r\n\n4,5.5,6e2\n", file: "a.csv")

    #expect(loads.layers == 2 && loads.experts == 3)
    #expect(loads[1] == [4, 5.5, 600])
  }

  @Test(
    "every bad cell and row is told at once",
    arguments: [
      ("1,nan\n-2,x\n", ["a.csv:1", "\"nan\"", "a.csv:2", "\"-2\"", "nearest: 0", "\"x\""]),
      ("1,2\n3\n", ["a.csv:2", "1 columns where line 1 has 2"]), ("", ["has no row"]),
      ("inf,1\n", ["\"inf\" is not a count"]), ("1,,2\n", ["column 2: \"\" is not a count"]),
    ])
  func refused(text: String, words: [String]) {
    let error = #expect(throws: PlacementProblem.self) {
      try ExpertLoads(csv: text, file: "a.csv")
    }
    for word in words { #expect(error?.description.contains(word) == true, "\(word)") }
  }
}
