// The search of `dsv3sim plan train`. Days and cost are those of one run. Tokens are held between
// runs that are within the bounds and runs that are not. GPUs are a lattice, on which the length of
// a run does not always fall: sizes are simulated from the smallest that a proven bound leaves, and
// on beyond the answer.

import Experiments
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
    var search = TokenSearch(question, trials)
    let longest = try search.longest(from: starts)
    let name = longest.settings[0].value ?? ""
    return TrainPlan(
      ledger: PlanLedger(
        question: "train", title: title, objective: question.objective, space: 1, refusals: [],
        candidates: [candidate(name, longest.settings, longest.record, place: 1)],
        notes: ["\(name) at the end of pre-training: run.tokens"] + notes(longest.record)),
      winner: longest.settings)
  }

  /// Tokens of all phases, then the ends of each: one of these is the scenario's `run.tokens`.
  private var starts: [Double] {
    var done = 0.0
    let ends = spec.phases.map { phase in
      defer { done += phase.usedTokens }
      return done + phase.tokens
    }
    return [spec.phases.reduce(0) { $0 + $1.tokens }] + ends.reversed()
  }
}
