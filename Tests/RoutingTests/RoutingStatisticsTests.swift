// Statistics of traces small enough to count by hand.

import Testing

@testable import Routing

@Suite("Routing statistics")
struct RoutingStatisticsTests {
  /// Eight experts in four groups, top-2; two sequences of three tokens, one of each domain.
  static func trace(_ experts: [UInt16], rowsPerSequence: Int = 3) -> RoutingTrace {
    RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "hand", seed: 1, trainedSteps: 1, balance: "none", corpusHash: "",
        programVersion: "0", command: ""),
      gate: Gate(experts: 8, groups: 4, groupLimit: 2, topK: 2), domains: ["a", "b"],
      sequenceLength: 3, layers: ["L1"],
      steps: [
        RoutingTrace.Step(
          number: 0, tokens: [1, 2, 3, 4, 5, 6], domains: [0, 1],
          layers: [
            RoutingTrace.Decisions(
              rowsPerSequence: rowsPerSequence, experts: experts,
              scores: Array(repeating: 51, count: experts.count))
          ])
      ])
  }

  /// Domain a visits 0 and 1, then 0 and 4 twice; domain b visits 2 and 3 three times.
  private let statistics = RoutingStatistics(
    trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3]), layer: 0, nodeCount: 4, gpuCount: 8)

  @Test("loads by domain are the visits")
  func loads() {
    #expect(statistics.rows == 6)
    #expect(statistics.visits == [[3, 1, 0, 0, 2, 0, 0, 0], [0, 0, 3, 3, 0, 0, 0, 0]])
    #expect(statistics.loads == [3, 1, 3, 3, 2, 0, 0, 0])
    // Twelve visits of eight experts: mean 1.5. One step, so batch and global agree.
    #expect(statistics.maxViolation == 1)
    #expect(statistics.batchMaxViolation == 1)
    #expect(statistics.maxOverMean(domain: 1) == 4)
    #expect(statistics.meanScore == 0.2)
  }

  @Test("the loads that experts are placed by are the visits of all domains")
  func expertLoads() {
    let loads = ExpertLoads(Self.trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3]))

    #expect(loads.layers == 1)
    #expect(loads.values == [3, 1, 3, 3, 2, 0, 0, 0])
  }

  @Test("domains with experts of their own have the information of the domain: one bit of two")
  func information() {
    #expect(abs(statistics.mutualInformation - 1) < 1e-12)
    #expect(RoutingStatistics.mutualInformation([[5, 10], [1, 2]]) == 0)
    // H(row) - H(row | column) of [[3, 1], [1, 3]]: 1 - 0.811278.
    let bits = RoutingStatistics.mutualInformation([[3, 1], [1, 3]])
    #expect(abs(bits - 0.188_721_875_540_867) < 1e-12)
  }

  @Test("nodes and GPUs of a token are counted once each")
  func copies() {
    // Nodes of two experts: {0}, {0, 2}, {0, 2}, {1} x 3; every expert is a GPU of its own.
    #expect(abs(statistics.copies.nodes - 8.0 / 6) < 1e-12)
    #expect(statistics.copies.gpus == 2)
  }

  @Test("neighbours are compared inside a sequence only")
  func neighbours() {
    // {0,1}-{0,4}: 1 of 3; the other three pairs are equal.
    #expect(abs(statistics.neighbourJaccard - (1.0 / 3 + 3) / 4) < 1e-12)
  }

  @Test("sigma is the deviation of logarithms, an unvisited expert counts half a visit")
  func sigma() {
    // ln 4 and ln 1: deviation ln 2. ln 1 and ln 0.5: half of ln 2.
    #expect(abs(RoutingStatistics.sigma([4, 1]) - 0.693_147_180_559_945) < 1e-12)
    #expect(abs(RoutingStatistics.sigma([1, 0]) - 0.346_573_590_279_973) < 1e-12)
    #expect(RoutingStatistics.sigma([7, 7, 7]) == 0)
  }

  @Test("a trace that its gate could not have written has a problem")
  func problems() {
    let good = Self.trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3])
    var broken = good
    broken.steps[0].layers[0].experts[3] = 8
    var short = good
    short.steps[0].tokens.removeLast()

    #expect(good.problem == nil)
    #expect(broken.problem?.contains("step 0, layer L1") == true)
    #expect(short.problem?.contains("step 0") == true)
    #expect(Self.trace([0, 1, 0, 4, 2, 3, 2, 3], rowsPerSequence: 2).problem == nil)
    #expect(good.identity != broken.identity)
  }
}
