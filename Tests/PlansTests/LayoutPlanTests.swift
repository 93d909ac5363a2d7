// Searches of small spaces against exhaustive ones, with bounds that are right and that are not.

import Experiments
import Foundation
import Recording
import Scenarios
import Testing

@testable import Plans

@Suite("A layout plan")
struct LayoutPlanTests {
  /// A dense model on 8 GPUs, whose bounds are tight: it has no experts.
  private static let dense = """
    name: dense
    seed: 1
    cluster: {node: h800-sxm, nodes: 1}
    model:
      name: small
      hidden: 2048
      layers: 16
      vocabulary: 32000
      dense_intermediate: 8192
      mtp_modules: 0
      attention: {grouped: {heads: 16, kv_heads: 16, head_size: 128}}
      experts: none
    training:
      schedule: 1f1b
      sequence_length: 1024 tokens
      microbatch: 1 sequence
      global_batch: 16
      run_tokens: 1B tokens
      parallel: {pipeline: 2}
      precision: {gemm: bf16, weights: bf16, gradients: fp32, master: fp32, moments: fp32}
    """

  private static let axes = [
    ExperimentAxis("training.parallel.tensor", ["1", "2"]),
    ExperimentAxis("training.parallel.expert", ["1"]),
    ExperimentAxis("training.parallel.context", ["1"]),
    ExperimentAxis("training.parallel.pipeline", ["2", "3", "4", "8"]),
    ExperimentAxis("training.microbatch", ["1 sequence"]),
    ExperimentAxis("training.schedule", ["1f1b", "zb_h1", "interleaved", "dualpipe"]),
    ExperimentAxis("training.chunks", ["2"]),
  ]

  /// GPUs that are equal, with hosts that cost nothing.
  private static let alike = [
    Setting("training.stack", "deepseek"), Setting("training.jitter", "off"),
    Setting("training.host", "{gap: 0 s, step: 0 s, optimizer_factor: 1}"),
  ]

  private func plan(
    _ text: String = dense, over axes: [ExperimentAxis] = axes, settings: [Setting] = []
  ) throws -> LayoutPlan {
    try LayoutPlan(
      ScenarioDocument(text: text, file: "dense.yaml"), ScenarioChanges(settings: settings),
      over: axes, programVersion: "test")
  }

  @Test("INV-18: finds the ten best of an exhaustive search, and accounts for every candidate")
  func exhaustive() throws {
    let plan = try plan()

    let found = try plan.search(workers: 2)
    let all = try plan.search(workers: 2, isExhaustive: true)

    #expect(found.best.map(\.name) == all.best.map(\.name))
    #expect(found.best.map(\.seconds) == all.best.map(\.seconds))
    #expect(found.simulatedCount <= all.simulatedCount)
    #expect(all.pruned.isEmpty)
    for outcome in [found, all] {
      let refused = outcome.refusals.reduce(0) { $0 + $1.count }
      #expect(refused + outcome.candidates.count == plan.space.count)
    }
  }

  /// The whole space of 2,880 candidates if LAYOUT_SPACE is `whole`, as in `make soak`; two
  /// schedules if it is `small`, as under the thread sanitizer.
  @Test("INV-18: finds the ten best of 64 GPUs, schedules and exchanges among them")
  func sixtyFour() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(
      contentsOf: folder.appending(path: "scenarios/tiny-16gpu.yaml"), encoding: .utf8)
    let space = ProcessInfo.processInfo.environment["LAYOUT_SPACE"]
    var axes = [
      ExperimentAxis("training.microbatch", ["1 sequence"]),
      ExperimentAxis("training.activations.recompute", ["[]"]),
    ]
    if space == "small" {
      axes.append(ExperimentAxis("training.schedule", ["1f1b", "dualpipe"]))
    }
    let plan = try plan(
      text, over: space == "whole" ? [] : axes, settings: [Setting("cluster.nodes", "8")])

    let found = try plan.search(workers: 2)
    let all = try plan.search(workers: 2, isExhaustive: true)

    #expect(found.best.map(\.name) == all.best.map(\.name))
    #expect(found.best.map(\.seconds) == all.best.map(\.seconds))
    #expect(found.simulatedCount < all.simulatedCount)
    #expect(all.simulatedCount > (space == "small" ? 20 : 200) && all.failed.isEmpty)
  }

  @Test("INV-9: does not depend on the number of workers")
  func workers() throws {
    let plan = try plan()

    let outcomes = try [1, 3].map { try plan.search(workers: $0) }

    #expect(outcomes[0].candidates == outcomes[1].candidates)
    #expect(outcomes[0].refusals == outcomes[1].refusals)
  }

  @Test("INV-18: a bound that is 5 % too high is noticed")
  func mutation() throws {
    // Bounds leave out hosts and what GPUs wait for each other.
    #expect(throws: BrokenInvariant.self) {
      try plan(settings: Self.alike).search(workers: 2, factor: 1.05)
    }
  }

  @Test("names the rules that refuse: GPUs, batch, schedule, memory")
  func rules() throws {
    let scarce = [Setting("cluster.node.gpu.memory", "5 GB")]

    let outcome = try plan(settings: scarce).search(workers: 2)

    let rules = Set(outcome.refusals.map(\.rule))
    #expect(rules.contains("gpus"))
    #expect(rules.contains("memory"))
    #expect(outcome.refusals.allSatisfy { !$0.reason.isEmpty && $0.count > 0 })
  }

  @Test("asks for more memory only where a layout is refused for want of it")
  func memory() throws {
    let scarce = [Setting("cluster.node.gpu.memory", "9 GB")]
    let axes = Self.axes + [ExperimentAxis("training.activations.recompute", ["[]"])]
    for settings in [[], scarce] {
      let plan = try plan(over: axes, settings: Self.alike + settings)

      let outcome = try plan.search(workers: 2)
      let effects = try LayoutSensitivity(plan: plan, outcome: outcome, workers: 2).effects()

      let refused = outcome.refusals.filter { ["memory", "planned memory"].contains($0.rule) }
      #expect(outcome.unfit.count == refused.reduce(0) { $0 + $1.count })
      #expect(outcome.unfit.isEmpty == settings.isEmpty && !outcome.simulated.isEmpty)
      let isAsked = !effects.notes.contains { $0.hasPrefix("more memory changes nothing") }
      #expect(isAsked == !settings.isEmpty)
      let counts = effects.notes.compactMap { note in
        note.firstMatch(of: /promising of (\d+) layouts/).flatMap { Int($0.1) }
      }
      #expect(counts.count == (settings.isEmpty ? 0 : 1))
      #expect(counts.allSatisfy { $0 <= outcome.unfit.count })
    }
  }

  @Test(
    "the plan with the least memory that it names has that time, and with a GB less the old one",
    arguments: [(15, 1), (16, 3)])
  func leastMemory(size: Int, extra: Int) throws {
    // At 15 GB memory chose the best layout's own partition; at 16 GB another layout does not fit.
    func plan(_ gigabytes: Int) throws -> LayoutPlan {
      var axes = Self.axes.filter { !$0.key.hasSuffix("tensor") && !$0.key.hasSuffix("schedule") }
      axes += [
        ExperimentAxis("training.parallel.tensor", ["1"]),
        ExperimentAxis("training.activations.recompute", ["[]"]),
        ExperimentAxis("training.schedule", ["1f1b", "dualpipe"]),
      ]
      return try self.plan(
        Self.dense.replacing("layers: 16", with: "layers: 48"), over: axes,
        settings: Self.alike + [Setting("cluster.node.gpu.memory", "\(gigabytes) GB")])
    }
    func best(_ gigabytes: Int) throws -> Double? {
      try plan(gigabytes).search(workers: 2).best.first?.seconds
    }

    let answer = try plan(size).answer(workers: 2)

    let change = try #require(answer.ledger.changes.first { $0.input == "memory of a GPU" })
    #expect(change.amount == "+\(extra) GB")
    let now = try #require(answer.ledger.candidates.first?.value)
    let then = try #require(change.replanned)
    #expect(then < now)
    #expect(try best(size + extra) == then)
    #expect(try best(size + extra - 1) == now)
    #expect(answer.ledger.notes.contains { $0.contains("+\(extra) GB is the least in whole GB") })
  }

  @Test("numbers of layers in the first and last pipeline rank do not bind the candidates")
  func freeLayers() throws {
    let fixed = [
      Setting("training.num_layers_in_first_pipeline_stage", "7"),
      Setting("training.num_layers_in_last_pipeline_stage", "9"),
    ]

    let axes =
      Self.axes.filter { !$0.key.hasSuffix("pipeline") && !$0.key.hasSuffix("schedule") } + [
        ExperimentAxis("training.parallel.pipeline", ["2", "4"]),
        ExperimentAxis("training.activations.recompute", ["[]"]),
        ExperimentAxis("training.schedule", ["1f1b"]),
      ]

    let free = try plan(over: axes).search(workers: 2)
    let outcome = try plan(over: axes, settings: fixed).search(workers: 2)

    #expect(outcome.best.map(\.name) == free.best.map(\.name) && !free.best.isEmpty)
    #expect(outcome.best.map(\.seconds) == free.best.map(\.seconds))
  }

  @Test("its best layout takes as long when it is run as a scenario of its own")
  func winner() throws {
    let plan = try plan(settings: Self.alike)

    let answer = try plan.answer(workers: 2)

    let settings = try #require(answer.best)
    let text = plan.document.yaml(ScenarioChanges(settings: Self.alike + settings))
    let scenario = try Scenario.decode(text: text, file: "best.yaml")
    let record = try Trial(scenario, programVersion: "test").run()
    #expect(record.value(.stepTime) == answer.ledger.candidates[0].value)
    let elasticities = answer.ledger.changes.compactMap { change in
      change.elasticity.map { change.input.hasSuffix("latency") ? -$0 : $0 }
    }
    #expect(elasticities.count == 6)
    // The starts of small kernels follow no rate.
    #expect(-1.01 ... -0.6 ~= elasticities.reduce(0, +))
    _ = try answer.ledger.study()
  }
}
