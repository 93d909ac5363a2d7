// A results file with something of everything, and the small scenarios that its runs come from.

import Experiments
import Foundation
import Recording
import ResultsStore
import Routing
import Scenarios

/// Scenarios that take milliseconds.
enum SmallScenario: String, CaseIterable {
  case training
  case inference
  case service
  case run

  private static let model = """
    seed: 1
    cluster: {node: {base: h800-sxm}, nodes: 1}
    model:
      name: small-moe
      hidden: 1024
      layers: 4
      vocabulary: 32000
      dense_intermediate: 4096
      mtp_modules: 1
      attention:
        latent: {heads: 16, query_rank: 384, kv_rank: 128, nope_head: 64, rope_head: 32,
          value_head: 64}
      experts:
        dense_layers: 1
        routed: 32
        shared: 1
        top_k: 4
        intermediate: 512
        groups: 4
        group_limit: 2
        gate: sigmoid
        selection_bias: true

    """

  private static let step = """
    schedule: zb_h1
    sequence_length: 1024 tokens
    microbatch: 1 sequence
    microbatches: 4
    communication_sms: 20
    parallel: {pipeline: 2, expert: 4}
    """

  /// The text of the scenario.
  var text: String {
    "name: small-\(rawValue)\n" + Self.model
      + """
      \(rawValue == "service" ? "service" : rawValue):
      \(question.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))

      """
  }

  private var question: String {
    switch self {
    case .training: Self.step + "\nrun_tokens: 1B tokens"
    case .inference:
      """
      phase: decode
      batch: 8 sequences
      context: 512 tokens
      expert_parallel: 8
      redundant_experts: 8
      microbatches: 2
      mtp_acceptance: 0.8
      routing: {source: lognormal, sigma: 0.5}
      """
    case .service:
      """
      load:
        arrivals: poisson
        rate: 20 requests/s
        requests: 12 requests
        prompt: {law: lognormal, mean: 200, sigma: 1, most: 1024}
        output: {law: exponential, mean: 10, least: 1}
      classes:
        - {name: chat, share: 3, objectives: {ttft: 1 s, tpot: 50 ms}}
        - {name: batch, share: 1, objectives: {e2e: 60 s}}
      colocated: {units: 2, tensor: 4, scheduler: {policy: vllm}}
      sample_interval: 1 s
      """
    case .run:
      "tokens: 100M tokens\ntraining:\n"
        + Self.step.split(separator: "\n").map { "  \($0)\n" }.joined()
          + """
          phases:
            first: {tokens: 60M tokens}
            second: {training: {sequence_length: 2048 tokens}}
          """
    }
  }

  /// The scenario under some settings.
  func scenario(_ settings: [Setting] = []) throws -> Scenario {
    try ScenarioDocument(text: text, file: "small-\(rawValue).yaml")
      .scenario(ScenarioChanges(settings: settings))
  }
}

/// The sample that is damaged.
enum SampleFile {
  /// The clock of all its runs.
  static let clock = RunClock(startedAt: Date(timeIntervalSince1970: 1_764_000_000), wallSeconds: 1)

  /// Writes runs of all questions, a comparison, a study, a trace and a profile.
  static func write(to path: String) throws {
    let store = try ResultsStore(path: path)
    for scenario in SmallScenario.allCases {
      let record = try Trial(try scenario.scenario(), programVersion: "fuzz").run(
        keepsTimeline: true, keepsRequests: true)
      _ = try store.write(record, clock: clock)
    }
    try compare(in: store)
    let loads = ExpertLoads(layers: 2, experts: 8, values: (0..<16).map { Float($0 % 5 + 1) })
    let study = try PlacementStudy(
      loads: loads,
      sizes: .defaults(replicas: 12, groups: 4, nodes: 2, gpus: 4, experts: 8), policy: .best,
      topK: 2, groupLimit: 2, seed: 1)
    try store.write(study: study.study(.placement, policy: "best"), named: "placement")
    try store.write(trace, hash: "0123")
    try store.write(
      LoadProfile(
        domains: ["english", "code"], experts: 4,
        shares: [[[0.25, 0.25, 0.25, 0.25], [0.5, 0.25, 0.125, 0.125]]], notes: ["made for fuzzing"]
      ),
      of: nil)
  }

  private static func compare(in store: ResultsStore) throws {
    let document = try ScenarioDocument(text: SmallScenario.training.text, file: "small.yaml")
    let experiment = Experiment.compare(
      document, ScenarioChanges(),
      over: [ExperimentAxis("training.microbatches", ["4", "8"])],
      schedules: ["1f1b", "zb_h1"], programVersion: "fuzz", intervals: .without)
    let id = try store.begin(
      ExperimentHead(
        kind: experiment.kind, name: experiment.name, hash: experiment.hash(version: "fuzz"),
        trialCount: experiment.count, axes: experiment.axisRecords))
    try experiment.run(0..<experiment.count, workers: 1) { timed in
      try store.write(timed.trial, of: id, clock: timed.trial.record == nil ? nil : clock)
    }
  }

  /// Two steps of two sequences, with a prediction module that has one row less.
  private static var trace: RoutingTrace {
    func decisions(_ rows: Int, _ step: Int) -> RoutingTrace.Decisions {
      RoutingTrace.Decisions(
        rowsPerSequence: rows, experts: (0..<4 * rows).map { UInt16(($0 * 37 + step) % 16) },
        scores: (0..<4 * rows).map { UInt8(($0 * 11 + step) % 256) })
    }
    return RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "tiny", seed: 1, trainedSteps: 9, balance: "loss-free", corpusHash: "c0",
        programVersion: "fuzz", command: "dsv3sim moe trace", drafts: 9, acceptedDrafts: 4),
      gate: Gate(experts: 16, groups: 4, groupLimit: 2, topK: 2), domains: ["english", "code"],
      sequenceLength: 3, layers: ["L1", "M0"],
      steps: [4, 8].map { step in
        RoutingTrace.Step(
          number: step, tokens: [1, 2, 3, 0, 255, 128], domains: [0, 1],
          layers: [decisions(3, step), decisions(2, step)])
      })
  }
}
