// `plan layout`: the layouts of a training step with the least step time. The search loses nothing:
//
//     canonical order -> refuse by rules -> bound -> take the least bounds, in batches of one size:
//     bound again, in the order of cells, or simulate those that are -> stop when the least bound
//     exceeds the tenth best (ties are simulated)
//
// It finds the true ten best because a bound is never above the simulated time, which every
// simulated candidate checks (invariant 18). Batches do not depend on the number of workers.

import Cluster
import Experiments
import Recording
import Scenarios
import Training
import Units

/// The search for the best layouts of a scenario.
package struct LayoutPlan: Sendable {
  /// Candidates that are reported.
  package static let places = 10
  /// Candidates that are simulated before the search looks again whether it may stop.
  private static let batch = 16
  /// Layouts whose costs and steps are kept: the order of bounds mixes them.
  private static let sharedLayouts = 64
  /// The rule of candidates none of whose partitions fits.
  private static let plannedMemory = "planned memory"
  /// The rules that refuse what would fit with more memory.
  private static let memoryRules: Set = ["memory", plannedMemory]

  package let space: LayoutSpace
  let scenario: Scenario
  let document: ScenarioDocument
  let changes: ScenarioChanges
  let programVersion: String
  /// Called after each trial.
  package var trialEnded: @Sendable () -> Void = {}

  /// - Parameters:
  ///   - document: the scenario of a training step.
  ///   - changes: changes to it that apply to every candidate.
  ///   - axes: keys whose values replace those of the default space, or extend it.
  ///   - programVersion: recorded with every result.
  /// - Throws: `ScenarioProblem` if the scenario is not valid as it is; `LayoutPlanProblem` if it
  ///   is no training step, or the space is too large.
  package init(
    _ document: ScenarioDocument, _ changes: ScenarioChanges, over axes: [ExperimentAxis],
    programVersion: String
  ) throws {
    scenario = try document.scenario(changes)
    guard case .trainingStep(let spec) = scenario.question else {
      throw LayoutPlanProblem.notTraining
    }
    let cluster = scenario.cluster
    space = LayoutSpace(
      spec, model: scenario.model, gpus: cluster.nodeCount * cluster.node.gpusPerNode,
      gpusPerDomain: cluster.gpusPerDomain, over: axes)
    guard space.count <= Experiment.trialLimit else {
      throw LayoutPlanProblem.tooLarge(space.count)
    }
    self.document = document
    self.changes = changes.adding(space.common)
    self.programVersion = programVersion
  }

  /// A candidate that no rule refused.
  struct Prospect {
    var value: ExperimentAxis.Value
    /// Place in the experiment of the search.
    var index: Int
    var bound: StepBound
    /// Whether the bound takes account of the order of cells.
    var isInOrder = false

    static func < (a: Prospect, b: Prospect) -> Bool {
      (a.bound.seconds, a.index) < (b.bound.seconds, b.index)
    }
  }

  /// A candidate that was simulated.
  struct Simulated {
    var prospect: Prospect
    var figures: LayoutFigures
  }

  /// What a search found.
  package struct Outcome {
    /// All refusals by rule, in the order of first occurrence.
    package var refusals: [PlanLedger.Refusal] = []
    /// Candidates that were refused because they do not fit the memory of a GPU.
    var unfit: [ExperimentAxis.Value] = []
    /// Prospects beyond the last simulated one, and those whose bounds exceed the tenth best.
    var pruned: [Prospect] = []
    /// The simulated ones, fastest first.
    var simulated: [Simulated] = []
    /// Candidates that hit a bug, with the reasons.
    var failed: [(prospect: Prospect, reason: String)] = []

    /// The best candidates with their seconds.
    package var best: [(name: String, seconds: Double)] {
      simulated.prefix(LayoutPlan.places).map { ($0.prospect.value.label, $0.figures.seconds) }
    }
    /// Number of simulated candidates.
    package var simulatedCount: Int { simulated.count }

    /// Refuses a candidate by a rule of the scenario, or for its memory.
    mutating func refuse(_ rule: String, _ value: ExperimentAxis.Value, _ reason: String) {
      if LayoutPlan.memoryRules.contains(rule) { unfit.append(value) }
      refuse(rule, value.label, reason)
    }

    mutating func refuse(_ rule: String, _ example: String, _ reason: String) {
      if let place = refusals.firstIndex(where: { $0.rule == rule }) {
        refusals[place].count += 1
      } else {
        // Further lines explain a refusal that is read on its own.
        let summary = String(reason.prefix { !$0.isNewline })
        refusals.append(.init(rule: rule, count: 1, example: example, reason: summary))
      }
    }
  }

  /// Searches the space.
  ///
  /// - Parameters:
  ///   - workers: threads; the outcome does not depend on them.
  ///   - factor: multiplies bounds, to test that bounds that are too high are noticed.
  ///   - isExhaustive: whether everything that no rule refuses is simulated.
  /// - Throws: `BrokenInvariant` 18 if a simulated time is below its bound.
  package func search(
    workers: Int, factor: Double = 1, isExhaustive: Bool = false
  ) throws -> Outcome {
    var outcome = Outcome()
    var values: [ExperimentAxis.Value] = []
    for index in 0..<space.count {
      let value = space.candidate(at: index)
      if let refusal = space.refusal(at: index) {
        outcome.refuse(refusal.rule, value.label, refusal.reason)
      } else {
        values.append(value)
      }
    }
    guard !values.isEmpty else { return outcome }
    let experiment = experiment(values)
    var prospects: [Prospect] = []
    let found = experiment.prospects(
      Array(values.indices), workers: workers, factor: factor)
    for (index, prospect) in found.enumerated() {
      switch prospect {
      case .refused(let rule, let reason):
        outcome.refuse(rule, values[index], reason)
      case .bounded(let bound):
        prospects.append(Prospect(value: values[index], index: index, bound: bound))
      }
    }
    let run = Run(
      experiment: experiment, workers: workers, factor: factor, isExhaustive: isExhaustive)
    try simulate(prospects, run, &outcome)
    return outcome
  }

  /// How prospects are simulated.
  private struct Run {
    var experiment: Experiment
    var workers: Int
    var factor: Double
    var isExhaustive: Bool
  }

  /// Costs that experiments of a plan can share.
  static func costs() -> SharedCosts { SharedCosts(limit: sharedLayouts) }

  func experiment(
    _ values: [ExperimentAxis.Value], shared: SharedCosts = costs()
  ) -> Experiment {
    Experiment(
      kind: "plan", [document], changes, axes: [ExperimentAxis("candidate", values)],
      programVersion: programVersion, shared: shared)
  }

  private func simulate(
    _ prospects: [Prospect], _ run: Run, _ outcome: inout Outcome
  ) throws {
    // The least bound last.
    var waiting = prospects.sorted { $1 < $0 }
    var limit = Double.infinity
    while let least = waiting.last, run.isExhaustive || least.bound.seconds <= limit {
      let batch = waiting.suffix(Self.batch).reversed().filter {
        run.isExhaustive || $0.bound.seconds <= limit
      }
      waiting.removeLast(batch.count)
      let early = batch.filter { !$0.isInOrder }
      guard early.isEmpty else {
        waiting += batch.filter(\.isInOrder) + inOrder(early, run, &outcome)
        waiting.sort { $1 < $0 }
        continue
      }
      var place = 0
      try run.experiment.run(batch.map(\.index), workers: run.workers) { timed in
        defer { place += 1 }
        trialEnded()
        try add(timed.trial.outcome, of: batch[place], to: &outcome)
      }
      outcome.simulated.sort {
        ($0.figures.seconds, $0.prospect.index) < ($1.figures.seconds, $1.prospect.index)
      }
      if outcome.simulated.count >= Self.places {
        limit = outcome.simulated[Self.places - 1].figures.seconds
      }
    }
    outcome.pruned += waiting.reversed()
  }

  /// The prospects with bounds that take account of the order of cells, without those that fit no
  /// memory.
  private func inOrder(
    _ prospects: [Prospect], _ run: Run, _ outcome: inout Outcome
  ) -> [Prospect] {
    let found = run.experiment.prospectsInOrder(
      prospects.map(\.index), prospects.map(\.bound), workers: run.workers, factor: run.factor)
    return zip(prospects, found).compactMap { prospect, found in
      switch found {
      case .refused(let rule, let reason):
        outcome.refuse(rule, prospect.value, reason)
        return nil
      case .bounded(let bound):
        return Prospect(
          value: prospect.value, index: prospect.index, bound: bound, isInOrder: true)
      }
    }
  }

  private func add(
    _ result: TrialRecord.Outcome, of prospect: Prospect, to outcome: inout Outcome
  ) throws {
    switch result {
    case .ran(let record):
      let figures = LayoutFigures(record)
      try PlanLedger.check(
        bound: prospect.bound.seconds, value: figures.seconds, of: prospect.value.label)
      outcome.simulated.append(Simulated(prospect: prospect, figures: figures))
    case .refused(let reason):
      outcome.refuse(Self.plannedMemory, prospect.value, reason)
    case .broken(let reason):
      outcome.failed.append((prospect, reason))
    }
  }
}
