// Statistics of traces small enough to count by hand.

import Testing

@testable import Routing

@Suite("Routing statistics")
struct RoutingStatisticsTests {
  /// Eight experts in four groups, top-2; two sequences of three tokens, one per domain.
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

  @Test("loads, balance and scores are computed from the visits by domain")
  func loads() {
    #expect(statistics.rows == 6)
    #expect(statistics.visits == [[3, 1, 0, 0, 2, 0, 0, 0], [0, 0, 3, 3, 0, 0, 0, 0]])
    #expect(statistics.loads == [3, 1, 3, 3, 2, 0, 0, 0])
    // Twelve visits to eight experts: mean 1.5. There is one step, so batch and global agree.
    #expect(statistics.maxViolation == 1)
    #expect(statistics.batchMaxViolation == 1)
    #expect(statistics.maxOverMean(domain: 1) == 4)
    #expect(statistics.meanScore == 0.2)
  }

  @Test("expert loads of a trace are the visits summed over domains")
  func expertLoads() {
    let loads = ExpertLoads(Self.trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3]))

    #expect(loads.layers == 1)
    #expect(loads.values == [3, 1, 3, 3, 2, 0, 0, 0])
  }

  @Test("disjoint experts carry the full information of two domains: one bit")
  func information() {
    #expect(abs(statistics.mutualInformation - 1) < 1e-12)
    #expect(RoutingStatistics.mutualInformation([[5, 10], [1, 2]]) == 0)
    // H(row) - H(row | column) of [[3, 1], [1, 3]]: 1 - 0.811278.
    let bits = RoutingStatistics.mutualInformation([[3, 1], [1, 3]])
    #expect(abs(bits - 0.188_721_875_540_867) < 1e-12)
  }

  @Test("each node and GPU of a token counts once")
  func fanOut() {
    // Nodes by token: {0}, {0, 2}, {0, 2}, {1} x 3; every expert has its own GPU.
    #expect(abs(statistics.fanOut.nodes - 8.0 / 6) < 1e-12)
    #expect(statistics.fanOut.gpus == 2)
  }

  @Test("neighbours are compared only within a sequence")
  func neighbours() {
    // {0,1}-{0,4}: 1 of 3; the other three pairs are equal.
    #expect(abs(statistics.neighbourJaccard - (1.0 / 3 + 3) / 4) < 1e-12)
  }

  @Test("sigma is the deviation of logarithms, with half a visit for an unvisited expert")
  func sigma() {
    // The deviation of ln 4 and ln 1 is ln 2; of ln 1 and ln 0.5, half of that.
    #expect(abs(RoutingStatistics.sigma([4, 1]) - 0.693_147_180_559_945) < 1e-12)
    #expect(abs(RoutingStatistics.sigma([1, 0]) - 0.346_573_590_279_973) < 1e-12)
    #expect(RoutingStatistics.sigma([7, 7, 7]) == 0)
  }

  @Test("a domain without text has no figures and no part in means, and the trace says so")
  func silentDomain() throws {
    var trace = Self.trace([0, 1, 0, 4, 0, 4, 2, 3, 2, 3, 2, 3])
    trace.domains += ["c", "d"]

    let statistics = RoutingStatistics(trace, layer: 0, nodeCount: 4, gpuCount: 8)

    #expect(statistics.sigma(domain: 2) == nil && statistics.maxOverMean(domain: 2) == nil)
    #expect(statistics.maxOverMean(domain: 1) == 4)
    #expect(statistics.domainSigma == self.statistics.domainSigma)
    #expect(trace.sequencesOfAllDomains == nil)
    // A step has two sequences, so four domains need two steps.
    #expect(
      trace.lackOfText?.text == """
        its trace has no text of c, d
          expected: text of all 4 domains, as moe trace --traced-steps 2 keeps it
        """)
    trace.steps.append(trace.steps[0])
    trace.steps[1].domains = [2, 3]
    #expect(trace.sequencesOfAllDomains == 4 && trace.lackOfText == nil)
  }

  @Test("a trace that its gate cannot have produced is reported as a problem")
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
