// The most tokens of small runs against bisection by run, where days and cost do not rise evenly.

import Experiments
import Recording
import Scenarios
import Testing

@testable import Plans

@Suite("The most tokens of a run")
struct TokenSearchTests {
  /// A run on 16 GPUs for USD 2 an hour, with some more keys of the run.
  private func document(_ keys: String) throws -> ScenarioDocument {
    try ScenarioDocument(
      text: """
        name: small
        seed: 5
        cluster: {node: h800-sxm, nodes: 2}
        model:
          name: tiny
          hidden: 1024
          layers: 8
          vocabulary: 32000
          dense_intermediate: 4096
          mtp_modules: 0
          attention: {grouped: {heads: 16, kv_heads: 16, head_size: 64}}
          experts: none
        run:
          tokens: 100B tokens
          replications: 4
          training:
            schedule: 1f1b
            sequence_length: 2048 tokens
            microbatch: 1 sequence
            global_batch: 64 sequences
            parallel: {pipeline: 2}
        \(keys)
        """, file: "small.yaml")
  }

  private func question(
    _ keys: String, days: Double? = nil, budget: Double? = nil
  ) throws -> TrainQuestion {
    var question = TrainQuestion(
      document: try document(keys), changes: ScenarioChanges(), unknown: .tokens, workers: 2,
      programVersion: "test")
    (question.days, question.budget) = (days, budget)
    return question
  }

  /// Runs of a question with other tokens.
  private struct Runs {
    let trials: TrainTrials

    init(_ question: TrainQuestion) { trials = TrainTrials(question) }

    func record(_ tokens: Double) throws -> RunRecord {
      try trials.record([Setting("run.tokens", "\(Int(tokens)) tokens")])
    }

    func isWithin(_ tokens: Double) throws -> Bool {
      let record = try record(tokens)
      return trials.question.limits.allSatisfy { record.mean($0.kind) <= $0.most }
    }

    /// The most tokens within the bounds, between some that are and some that are not.
    func bisected(_ within: Double, _ beyond: Double) throws -> Double {
      var (low, high) = (within, beyond)
      while high - low > 5e-5 * low {
        let middle = low + (high - low) / 2
        if try isWithin(middle) { low = middle } else { high = middle }
      }
      return low
    }
  }

  /// The answer equals bisection, and a little more breaks a bound.
  private func check(_ question: TrainQuestion, from within: Double, to beyond: Double) throws {
    let plan = try TrainSearch(question).plan()
    let runs = Runs(question)

    let text = try #require(plan.winner?.first?.value?.split(separator: " ").first)
    let found = try #require(Double(text))
    let expected = try runs.bisected(within, beyond)
    #expect(abs(found / expected - 1) < 2e-4, "\(found), by bisection \(expected)")
    #expect(try runs.isWithin(found))
    #expect(try !runs.isWithin(found * (1 + 2e-4)))
  }

  private func reason(_ question: TrainQuestion) throws -> String {
    do {
      let plan = try TrainSearch(question).plan()
      return plan.ledger.candidates[0].name
    } catch let refusal as TrainPlanRefusal {
      return refusal.explanations[0].message
    }
  }

  @Test(
    "at a term that is paid in any case it is what bisection finds",
    arguments: [(2.5, 1), (2.5, 1.2), (1.2, 1.05), (1.2, 1.4)])
  func reserved(length: Double, factor: Double) throws {
    // The cost of the term, which ends at so many times the tokens of the scenario, is flat.
    let hours = length * (try Runs(question("", budget: 1)).record(100e9).mean(.runDays) * 24)
    let term = "  price: {reserved: \(hours) h, gpu_hour_beyond: 8 USD/GPU-hour}"
    let paid = hours * 16 * 2

    try check(question(term, budget: factor * paid), from: 1, to: 1_000e9)
    #expect(try reason(question(term, budget: 0.99 * paid)).hasSuffix("of cost leave no tokens"))
  }

  /// Phases of one step, the second of which takes what `run.tokens` leaves.
  private let phases = """
      phases:
        warm: {tokens: 80B tokens}
        plateau: {}
        cooldown: {steps: 1000}
    """

  @Test("fewer tokens than earlier phases have are no answer", arguments: [80.1, 87, 130])
  func phased(billions: Double) throws {
    let runs = Runs(try question(phases, days: 1))
    let days = try runs.record(billions * 1e9).mean(.runDays)

    try check(question(phases, days: days), from: 80.01e9, to: 1_000e9)
  }

  @Test("no tokens are left only if the shortest run that the phases allow breaks a bound")
  func tooShort() throws {
    let days = try Runs(question(phases, days: 1)).record(81e9).mean(.runDays)

    #expect(
      try reason(question(phases, days: 0.9 * days)).hasSuffix("of wall time leave no tokens"))
    #expect(try reason(question(phases, days: days)).hasSuffix(" tokens"))
  }

  @Test("a run whose last phase ends at a number of its own has no more tokens than that")
  func untilLast() throws {
    let fixed = phases.replacing("{steps: 1000}", with: "{until: 120B tokens}")

    let reason = try reason(question(fixed, days: 100))

    // What the step of the plateau that reaches them leaves for the last phase.
    #expect(
      reason.hasSuffix("are enough for more than the 120 billion tokens that the run may have"))
  }

  @Test("without checkpoints days jump at each failure, and the answer is at the jump")
  func jumps() throws {
    let question = try question(
      "  failures: {gpu: {component: gpu, mean_life: 300 h}}",
      days: try Runs(question("", days: 1)).record(100e9).mean(.runDays))

    try check(question, from: 1, to: 100e9)
  }
}
