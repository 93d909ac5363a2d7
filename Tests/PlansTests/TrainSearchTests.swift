// Plans of a small training run against the runs themselves, simulated one by one.

import Experiments
import Recording
import Scenarios
import Testing

@testable import Plans

@Suite("Plans of training runs")
struct TrainSearchTests {
  /// A run that takes days on 16 GPUs, with failures and saves. Pipelines of two GPUs, experts over
  /// 8 of a rank, and 192 sequences a step allow 2, 4, 6, 8, 12, 16, 24 and 48 nodes.
  private func document() throws -> ScenarioDocument {
    try ScenarioDocument(
      text: """
        name: small
        seed: 5
        cluster: {node: h800-sxm, nodes: 2}
        model:
          name: tiny-moe
          hidden: 1024
          layers: 8
          vocabulary: 32000
          dense_intermediate: 4096
          mtp_modules: 0
          attention:
            latent:
              {heads: 16, query_rank: 384, kv_rank: 128, nope_head: 64, rope_head: 32,
               value_head: 64}
          experts:
            {dense_layers: 1, routed: 32, shared: 1, top_k: 4, intermediate: 512, groups: 4,
             group_limit: 2, gate: sigmoid, selection_bias: true}
        run:
          tokens: 2T tokens
          replications: 16
          training:
            schedule: 1f1b
            sequence_length: 2048 tokens
            microbatch: 1 sequence
            global_batch: 192 sequences
            parallel: {pipeline: 2, expert: 8}
          checkpoints: {interval: 30 min}
          failures: {gpu: {component: gpu, mean_life: 2000 h}}
        """, file: "small.yaml")
  }

  /// Nodes that the run's layout allows, up to 48: pipelines of two ranks have 4 GPUs a node, whose
  /// number must be a multiple of 8 and divide 192 sequences.
  private static let legalNodes = (1...48).filter { 4 * $0 % 8 == 0 && 192 % (4 * $0) == 0 }

  private func question(
    _ unknown: TrainQuestion.Unknown, nodes: Int? = nil, tokens: Double? = nil,
    days: Double? = nil, budget: Double? = nil
  ) throws -> TrainQuestion {
    let settings =
      (nodes.map { [Setting("cluster.nodes", "\($0)")] } ?? [])
      + (tokens.map { [Setting("run.tokens", "\(Int($0)) tokens")] } ?? [])
    var question = TrainQuestion(
      document: try document(), changes: ScenarioChanges(settings: settings), unknown: unknown,
      workers: 2, programVersion: "test")
    question.days = days
    question.budget = budget
    question.mostNodes = 48
    return question
  }

  private func plan(_ question: TrainQuestion) throws -> TrainPlan {
    let plan = try TrainSearch(question).plan()
    try plan.ledger.checkInvariants()
    return plan
  }

  /// Days or cost of the run with some nodes.
  private func value(
    _ unknown: TrainQuestion.Unknown, nodes: Int? = nil, tokens: Double? = nil
  ) throws -> Double {
    let plan = try plan(question(unknown, nodes: nodes, tokens: tokens))
    return try #require(plan.ledger.candidates.first?.value)
  }

  private func nodes(_ plan: TrainPlan) -> Int? {
    plan.winner?.first?.value.flatMap { Int($0) }
  }

  @Test("the fewest GPUs are those of runs at every size, and their days lead back to them")
  func fewestGPUs() throws {
    let days = try Self.legalNodes.map { try value(.days, nodes: $0) }

    // Between the lengths of neighbours, so that sizes are told apart from both sides.
    for place in 0..<3 {
      let most = place == 0 ? 1.5 * days[0] : (days[place - 1] + days[place]) / 2
      let expected = try #require(days.firstIndex { $0 <= most })
      let found = try plan(question(.gpus, days: most))

      #expect(nodes(found) == Self.legalNodes[expected])
      let best = try #require(found.ledger.candidates.first)
      #expect(best.place == 1 && best.value == days[expected])
      let back = try plan(question(.gpus, days: days[expected]))
      #expect(nodes(back) == Self.legalNodes[expected])
    }
  }

  @Test("every size has an end, and the next smaller legal one does not hold")
  func ledger() throws {
    let most = 0.9 * (try value(.days, nodes: Self.legalNodes[1]))

    let found = try plan(question(.gpus, days: most))

    let ledger = found.ledger
    #expect(nodes(found) == 6)
    // All sizes from one node to the limit; what the layout does not allow is refused by a rule.
    #expect(ledger.space == 48)
    let legal = ledger.candidates.map(\.name)
    #expect(Set(legal) == Set(Self.legalNodes.map { "\(8 * $0) GPUs" }))
    #expect(ledger.refused == 48 - Self.legalNodes.count)
    #expect(ledger.refusals.allSatisfy { !$0.reason.isEmpty })
    let below = try #require(ledger.candidates.first { $0.name == "32 GPUs" })
    #expect(below.value.map { $0 > most } ?? (below.fate == .pruned))
    for candidate in ledger.candidates where candidate.fate == .pruned {
      #expect(try #require(candidate.bound) > most)
    }
  }

  @Test("a bound that no size meets leaves no winner, and every size in the ledger")
  func unreachable() throws {
    let short = try plan(question(.gpus, days: 1e-6))
    #expect(short.winner == nil && short.ledger.count(.pruned) == Self.legalNodes.count)

    let poor = try plan(question(.gpus, budget: 1))
    #expect(poor.winner == nil && poor.ledger.count(.simulated) == Self.legalNodes.count)
    #expect(poor.ledger.notes.first?.contains("no size of 1 to 48 nodes") == true)
  }

  @Test("tokens, days and cost lead back to each other within 0.1 %")
  func inverses() throws {
    for tokens in [0.3e12, 2e12, 7e12] {
      let found = try plan(question(.tokens, days: value(.days, tokens: tokens)))
      let back = try #require(found.ledger.candidates.first?.value)
      #expect(abs(back / tokens - 1) < 1e-3)

      let paid = try plan(question(.tokens, budget: value(.budget, tokens: tokens)))
      #expect(abs(try #require(paid.ledger.candidates.first?.value) / tokens - 1) < 1e-3)
    }
    // The other way: the days of the tokens found are the bound.
    let found = try plan(question(.tokens, nodes: 4, days: 1.25))
    let tokens = try #require(found.ledger.candidates.first?.value)
    let days = try value(.days, nodes: 4, tokens: tokens)
    #expect(days <= 1.25 && days > 1.25 * (1 - 1e-3))
  }

  @Test("of two bounds on tokens the one that binds decides")
  func twoBounds() throws {
    let (days, budget) = (try value(.days), try value(.budget))

    let found = try plan(question(.tokens, days: days, budget: budget / 2))
    let half = try plan(question(.tokens, budget: budget / 2))

    #expect(found.ledger.candidates.first?.value == half.ledger.candidates.first?.value)
  }

  @Test("the fewest GPUs within a budget have its cost, and none costs less than the cheapest")
  func budget() throws {
    let costs = try Self.legalNodes.map { try value(.budget, nodes: $0) }
    let most = try #require(costs.sorted().dropFirst(2).first)

    let found = try plan(question(.gpus, budget: most))

    let expected = try #require(costs.firstIndex { $0 <= most })
    #expect(nodes(found) == Self.legalNodes[expected])
    let cheapest = try #require(costs.min())
    #expect(try plan(question(.gpus, budget: cheapest * 0.999)).winner == nil)
  }

  @Test("the answer does not depend on the number of workers")
  func workers() throws {
    var one = try question(.gpus, days: 0.8)
    one.workers = 1
    #expect(try plan(one).ledger == plan(question(.gpus, days: 0.8)).ledger)
  }

  @Test("questions without an answer are refused with a reason")
  func refused() throws {
    #expect(throws: TrainPlanRefusal.noBounds(unknown: "gpus")) { try plan(question(.gpus)) }
    #expect(throws: TrainPlanRefusal.noBounds(unknown: "tokens")) { try plan(question(.tokens)) }
    #expect(throws: ScenarioProblem.self) { try plan(question(.days, nodes: 3)) }
    func reason(_ question: TrainQuestion) throws -> String {
      do {
        _ = try plan(question)
        return ""
      } catch let refusal as TrainPlanRefusal {
        return refusal.explanations[0].message
      }
    }
    let tooShort = try reason(question(.tokens, days: 1e-9))
    #expect(tooShort.hasSuffix("leave no tokens"), "\(tooShort)")
    #expect(
      try reason(question(.tokens, budget: 1e15)).contains("of cost are enough for more than"))
  }

  @Test("a cluster with more sizes than an experiment has trials is planned up to these")
  func manySizes() throws {
    var huge = try question(.gpus, nodes: 131_072, days: 1)
    huge.mostNodes = nil
    huge.changes = huge.changes.adding([
      Setting("run.training.global_batch", "524288 sequences")
    ])

    #expect(try TrainSearch(huge).mostNodes == TrainQuestion.sizeLimit)
    #expect(TrainQuestion.sizeLimit == Experiment.trialLimit)
    huge.changes = ScenarioChanges()
    #expect(try TrainSearch(huge).mostNodes == 4 * 2)
  }
}
