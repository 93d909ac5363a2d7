// Plans of small services against brute force: every size, on replications that no plan sees.

import Experiments
import Recording
import Scenarios
import Service
import Statistics
import Testing

@testable import Plans

@Suite("Plans of services")
struct ServePlanTests {
  /// A service of small requests of few lengths, so that a debug build simulates hundreds of
  /// replications.
  private func document(
    _ pools: String, rate: String, bounds: String = "{ttft: 400 ms, tpot: 60 ms}", output: Int = 8
  ) throws -> ScenarioDocument {
    try ScenarioDocument(
      text: """
        name: small
        seed: 3
        cluster: {node: h200-sxm, nodes: 16}
        model: qwen3-235b-a22b
        service:
          load:
            arrivals: poisson
            rate: \(rate)
            requests: 40
            prompt: {length: 1024 tokens}
            output: {length: \(output) tokens}
          objectives: \(bounds)
        \(pools)
        """, file: "small.yaml")
  }

  private let colocated = """
      colocated:
        tensor: 8
        experts: ep
        scheduler: {policy: vllm, seats: 64}
    """

  private let pair = """
      handover: push
      prefill:
        tensor: 8
        experts: ep
        scheduler: {policy: sglang}
      decode:
        tensor: 4
        experts: ep
        scheduler: {policy: sglang, seats: 4}
    """

  private func question(
    _ document: ScenarioDocument, choices: [ExperimentAxis] = []
  ) -> ServeQuestion {
    var question = ServeQuestion(
      document: document, changes: ScenarioChanges(), choices: choices, workers: 2,
      programVersion: "test")
    question.mostNodes = 12
    return question
  }

  /// The mean margin of some units of each pool over twelve replications of another seed.
  private func mean(_ question: ServeQuestion, _ units: [String: Int], nodes: Int) throws -> Double
  {
    let settings = units.sorted { $0.key < $1.key }.map {
      Setting("service.\($0.key).units", "\($0.value)")
    }
    let trials = ServeTrials(question, seed: 99)
    let found = try trials.replications(
      settings + [Setting("cluster.nodes", "\(nodes)")], 0..<12)
    return SampleMean(found.map(\.sample.margin)).mean
  }

  @Test("the least units are those of brute force, and every candidate has an end")
  func colocatedUnits() throws {
    let tensor = try #require(ExperimentAxis("service.colocated.tensor=1,3,8"))
    let question = try question(
      document(colocated, rate: "90/s", bounds: "{ttft: 500 ms, tpot: 75 ms}"),
      choices: [tensor])

    let plan = try question.plan()

    let brute = try (1...6).first {
      try mean(question, ["colocated": $0], nodes: $0) >= 0
    }
    let best = try #require(plan.ledger.candidates.first)
    #expect(best.value == brute.map { Double($0) })
    #expect(best.name == "tensor=8" && best.place == 1)
    // A single GPU does not hold the weights, and three do not divide the heads.
    #expect(plan.ledger.refusals.map(\.rule).sorted() == ["scenario", "simulation"])
    #expect(plan.ledger.space == 3)
    try plan.ledger.checkInvariants()
    let verdict = try #require(plan.ledger.notes.first)
    #expect(verdict.hasPrefix("\(brute ?? 0) meets it (margin "))
    let winner = try question.document.scenario(
      question.changes.adding(try #require(plan.winner)))
    #expect(winner.service?.pools.first?.units == brute)
    #expect(winner.cluster.nodeCount == brute)
  }

  @Test("the least nodes of two pools are those of brute force over all splits")
  func twoPools() throws {
    let question = try question(document(pair, rate: "120/s"))

    let plan = try question.plan()

    let answer = try #require(plan.ledger.candidates.first?.value)
    // A node has one prefill unit, or two decode units.
    var least: Int?
    for nodes in 2...Int(answer) where least == nil {
      for prefill in 1..<nodes {
        let units = ["prefill": prefill, "decode": 2 * (nodes - prefill)]
        if try mean(question, units, nodes: nodes) >= 0 { least = nodes }
      }
    }
    #expect(least == Int(answer))
  }

  @Test("bounds that a request alone misses are met by no number of units")
  func latency() throws {
    let question = try question(document(colocated, rate: "10/s", bounds: "{ttft: 1 ms}"))

    let plan = try question.plan()

    #expect(plan.winner == nil)
    #expect(plan.ledger.refusals.map(\.rule) == ["latency"])
    try plan.ledger.checkInvariants()
  }

  @Test("answers of one token have no time per token, and nothing to keep to")
  func oneToken() throws {
    var question = try question(document(colocated, rate: "10/s", output: 1))
    question.objective = .percentile(.p90)
    question.mostNodes = 1

    let plan = try question.plan()

    #expect(plan.ledger.candidates.first?.value == 1 && plan.winner != nil)
    let binding = try #require(plan.ledger.notes.first { $0.hasPrefix("what binds: TTFT, p90") })
    #expect(!binding.contains("TPOT"))
  }

  @Test("the limit of nodes holds for the units with redundancy")
  func redundancyWithinLimit() throws {
    var question = try question(document(colocated, rate: "10/s"))
    question.redundancy = 2
    question.mostNodes = 2

    let plan = try question.plan()

    #expect(plan.winner == nil)
    #expect(plan.ledger.refusals.map(\.rule) == ["nodes"])
    #expect(plan.ledger.refusals.first?.reason == "needs at least 3 nodes, the limit is 2")
  }

  @Test("redundancy adds units to each pool")
  func redundancy() throws {
    var question = try question(document(colocated, rate: "10/s"))
    question.redundancy = 2

    let plan = try question.plan()

    #expect(plan.ledger.candidates.first?.value == 1)
    #expect(plan.winner?.contains(Setting("service.colocated.units", "3")) == true)
  }

  @Test("questions without an answer are refused by name")
  func refusals() throws {
    let bare = try question(document(colocated, rate: "10/s", bounds: "{}"))
    #expect(throws: ServePlanRefusal.noBounds) { try bare.plan() }

    let day = try question(
      document(colocated + "\n    timetable: [{from: 0 h, units: 1}]", rate: "10/s"))
    #expect(throws: ServePlanRefusal.changingUnits(key: "service.colocated.timetable")) {
      try day.plan()
    }

    let step = try ScenarioDocument(
      text: """
        name: step
        seed: 1
        cluster: {node: h200-sxm, nodes: 1}
        model: deepseek-v3
        inference: {phase: decode, batch: 8, context: 1024 tokens, tensor: 8, experts: tp}
        """, file: "step.yaml")
    #expect(throws: ServePlanRefusal.notAService(name: "step")) { try question(step).plan() }
  }

  @Test("no service does better than its bound")
  func bound() throws {
    // Prompts alone: 40 of 8,192 tokens in 0.2 s and the 0.4 s until the last deadline.
    let document = try ScenarioDocument(
      text: """
        name: prompts
        seed: 3
        cluster: {node: h200-sxm, nodes: 16}
        model: qwen3-235b-a22b
        service:
          load:
            arrivals: constant
            rate: 200/s
            requests: 40
            prompt: {length: 8192 tokens}
            output: {length: 1 tokens}
          objectives: {ttft: 400 ms}
        \(colocated)
        """, file: "prompts.yaml")
    let scenario = try document.scenario()
    let service = try #require(scenario.service)

    let bound = ServeBound(
      service, model: scenario.model, cluster: scenario.cluster, share: 0.9)

    let model = scenario.model
    let weights = Double(model.activeParametersWithoutEmbedding - model.embeddingParameters)
    let peak = try #require(scenario.cluster.node.gpu.fp8Peak).value * 8
    // 39 gaps of 5 ms and 400 ms.
    let units = 36 * 8192 * 2 * weights / (peak * (39 * 0.005 + 0.4))
    #expect(bound.units == [Int(units.rounded(.up))] && units > 1)
    #expect(bound.boundedBy == "FLOPs of prompts")
    let below = Int(units.rounded(.up)) - 1
    #expect(try mean(question(document), ["colocated": below], nodes: below) < 0)
  }
}
