// The search of `dsv3sim plan train`. Days and cost are those of one run. Tokens are a root of the
// days or the cost less their bound. GPUs are a lattice, on which the length of a run does not
// always fall: sizes are simulated from the smallest that a proven bound leaves, and on beyond the
// answer.

import Experiments
import Numerics
import Recording
import Runs
import Scenarios
import Text
import Units

/// Answers a question about a training run.
package struct TrainSearch {
  let question: TrainQuestion
  let trials: TrainTrials
  let scenario: Scenario
  private let spec: TrainingRunSpec

  /// What the bound of a size consists of.
  static let boundName = "FLOPs at peak"
  /// Relative error of a number of tokens.
  private static let tokenError = 1e-5
  /// Share of a bound that may be left: steps are whole, and failures strike between them, so that
  /// days and cost do not pass through every value.
  private static let unusedShare = 1e-4

  /// Tokens of any run, at most: so many have more steps than a run may have.
  private static let mostTokens = 1e17

  /// - Throws: `ScenarioProblem`, or `TrainPlanRefusal` for a question without an answer.
  package init(_ question: TrainQuestion) throws {
    scenario = try question.document.scenario(question.changes)
    guard case .trainingRun(let spec) = scenario.question else {
      throw TrainPlanRefusal.notARun(name: scenario.name)
    }
    if question.limits.isEmpty, question.unknown == .gpus || question.unknown == .tokens {
      throw TrainPlanRefusal.noBounds(unknown: question.unknown.rawValue)
    }
    self.question = question
    self.spec = spec
    trials = TrainTrials(question)
  }

  /// The answer.
  ///
  /// - Throws: `TrainPlanRefusal`.
  package func plan() throws -> TrainPlan {
    switch question.unknown {
    case .days, .budget: try planned(at: [], name: "as given")
    case .tokens: try tokens()
    case .gpus: try gpus()
    }
  }

  // MARK: One run

  /// The plan whose only candidate is a run.
  private func planned(at settings: [Setting], name: String) throws -> TrainPlan {
    let record = try trials.record(settings)
    let ledger = PlanLedger(
      question: "train", title: title, objective: question.objective, space: 1, refusals: [],
      candidates: [candidate(name, settings, record, place: 1)], notes: notes(record))
    return TrainPlan(ledger: ledger, winner: settings)
  }

  /// The entry of a run in the ledger.
  func candidate(
    _ name: String, _ settings: [Setting], _ record: RunRecord, bound: Double? = nil,
    place: Int? = nil, note: String? = nil
  ) -> PlanLedger.Candidate {
    let kind = question.objective
    return PlanLedger.Candidate(
      name: name, settings: settings, bound: bound, boundedBy: bound.map { _ in Self.boundName },
      fate: .simulated, value: record.mean(kind), low: record.bound(kind, .low),
      high: record.bound(kind, .high), place: place, note: note)
  }

  /// What is looked for.
  var title: String {
    let bounds = question.limits.map { "\($0.kind.label) at most \($0.kind.unit.text($0.most))" }
    return "\(scenario.name): find \(question.unknown.rawValue)"
      + (bounds.isEmpty ? "" : " with " + bounds.joined(separator: " and "))
  }

  /// What a run takes, and how its bounds hold.
  func notes(_ record: RunRecord) -> [String] {
    let kinds: [MetricKind] = [.runTokens, .gpuCount, .runDays, .runGPUHours, .runCost]
    let figures = kinds.map { "\($0.label) \(record.words($0))" }.joined(separator: "; ")
    return [figures]
      + question.limits.map { kind, most in
        let share = record.mean(kind) / most
        let (low, high) = (record.bound(kind, .low), record.bound(kind, .high))
        let verdict =
          high <= most ? "holds" : low > most ? "does not hold" : "cannot be told from the mean"
        return "\(kind.label) at most \(kind.unit.text(most)): \(verdict), "
          + "\(significantText(share * 100)) % of it is used"
      }
  }

  // MARK: Tokens

  private func tokens() throws -> TrainPlan {
    guard question.document.words(of: "run.tokens", question.changes) != nil else {
      throw TrainPlanRefusal.impossible(reason: "it has no run.tokens to look for")
    }
    // Two runs say where the bounds are met if the metrics are affine in tokens.
    let near = spec.phases.reduce(0) { $0 + $1.tokens }
    let probes = (
      try trials.record([Self.tokens(near)]), try trials.record([Self.tokens(2 * near)])
    )
    var least: Tokens?
    for (kind, most) in question.limits {
      let slope = (probes.1.mean(kind) - probes.0.mean(kind)) / near
      let wanted = most * (1 - Self.unusedShare / 2)
      let guess = near + (wanted - probes.0.mean(kind)) / slope
      guard slope > 0, guess > 0 else {
        throw TrainPlanRefusal.impossible(
          reason: "\(kind.unit.text(most)) of \(kind.label) leave no tokens")
      }
      guard guess < Self.mostTokens else {
        throw TrainPlanRefusal.impossible(
          reason: "\(kind.unit.text(most)) of \(kind.label) are enough for more than"
            + " \(countText(Self.mostTokens)) tokens")
      }
      let found = try root(kind, most, near: guess)
      if least.map({ found.count < $0.count }) ?? true { least = found }
    }
    guard let least else { throw TrainPlanRefusal.noBounds(unknown: "tokens") }
    let name = least.settings[0].value ?? ""
    return TrainPlan(
      ledger: PlanLedger(
        question: "train", title: title, objective: question.objective, space: 1, refusals: [],
        candidates: [candidate(name, least.settings, least.record, place: 1)],
        notes: ["\(name) at the end of pre-training: run.tokens"] + notes(least.record)),
      winner: least.settings)
  }

  private static func tokens(_ count: Double) -> Setting {
    Setting("run.tokens", "\(Int(count)) tokens")
  }

  /// The most tokens for which a metric is within its bound, by Brent's method on its distance
  /// from the middle of the share that may be left.
  ///
  /// The answer is the longest run that was simulated and is within the bound.
  private func root(_ kind: MetricKind, _ most: Double, near guess: Double) throws -> Tokens {
    var failure: (any Error)?
    var best: Tokens?
    func excess(_ tokens: Double) -> Double {
      do {
        let settings = [Self.tokens(tokens)]
        let record = try trials.record(settings)
        let excess = record.mean(kind) / most - 1
        if excess <= 0, best.map({ $0.count < tokens }) ?? true {
          best = Tokens(count: tokens, settings: settings, record: record)
        }
        let distance = excess + Self.unusedShare / 2
        return abs(distance) <= Self.unusedShare / 2 ? 0 : distance
      } catch {
        failure = failure ?? error
        return .nan
      }
    }
    var found: Double? = guess
    if excess(guess) != 0, failure == nil {
      found = Numerics.root(
        from: 0.9 * guess, to: 1.1 * guess, relativeError: Self.tokenError, of: excess)
    }
    if let failure { throw failure }
    guard found != nil, let best else {
      throw TrainPlanRefusal.impossible(
        reason: "no number of tokens near \(significantText(guess)) meets the bound")
    }
    return best
  }
}

/// A run with a number of tokens.
private struct Tokens {
  var count: Double
  var settings: [Setting]
  var record: RunRecord
}
