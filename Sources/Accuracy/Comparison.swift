// Simulated beside published figures: runs the scenarios that figures need, each once, and scores
// every row.

import Experiments
import Recording
import Scenarios

/// The figures with their simulated values.
package struct Comparison: Sendable {
  /// A figure with its simulated value.
  package struct Row: Sendable {
    package var figure: Figure
    /// Nil if the simulation gives none.
    package var simulated: SimulatedValue?
    /// Why there is none; nil if there is one.
    package var reason: String?
  }

  package let rows: [Row]

  /// Simulates figures.
  ///
  /// - Parameters:
  ///   - figures: the published figures, each with the cases that simulate it.
  ///   - workers: how many scenarios run at a time, which changes no value.
  ///   - programVersion: recorded with every run.
  ///   - progress: called with the number of runs that have ended, and of all.
  /// - Throws: `ScenarioProblem` if a text of this room is not YAML, which a test excludes.
  package init(
    of figures: [Figure], workers: Int, programVersion: String,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    var cases: [SimulatedCase] = []
    for run in figures.flatMap(\.simulation.cases) where !cases.contains(run) { cases.append(run) }
    let outcomes = try Self.outcomes(cases, workers, programVersion, progress)
    func outcome(_ run: SimulatedCase) -> TrialRecord.Outcome? {
      cases.firstIndex(of: run).map { outcomes[$0] }
    }
    rows = figures.map { figure in
      let simulated = figure.simulation.value { run in
        if case .ran(let record) = outcome(run) { record } else { nil }
      }
      let reasons = figure.simulation.cases.compactMap { outcome($0)?.reason }
      return Row(
        figure: figure, simulated: simulated,
        reason: simulated == nil ? reasons.first ?? "the run has no such metric" : nil)
    }
  }

  /// The outcome of each case, in order.
  private static func outcomes(
    _ cases: [SimulatedCase], _ workers: Int, _ programVersion: String,
    _ progress: (Int, Int) -> Void
  ) throws -> [TrialRecord.Outcome] {
    var documents: [ScenarioDocument] = []
    var values: [ExperimentAxis.Value] = []
    var names: [String] = []
    for run in cases {
      if !names.contains(run.scenario) {
        guard let document = try EmbeddedScenario.document(run.scenario) else {
          preconditionFailure("no scenario \(run.scenario) is embedded")
        }
        names.append(run.scenario)
        documents.append(document)
      }
      let changes = run.settings.map(\.option).joined(separator: " ")
      values.append(
        ExperimentAxis.Value(
          labels: [run.scenario + (changes.isEmpty ? "" : " \(changes)")], settings: run.settings,
          scenario: names.firstIndex(of: run.scenario)))
    }
    guard !values.isEmpty else { return [] }
    let experiment = Experiment(
      kind: "accuracy", documents, name: "accuracy", axes: [ExperimentAxis("scenario", values)],
      programVersion: programVersion, intervals: .nearest)
    var outcomes: [TrialRecord.Outcome] = []
    try experiment.run(0..<experiment.count, workers: workers) { timed in
      outcomes.append(timed.trial.outcome)
      progress(outcomes.count, experiment.count)
    }
    return outcomes
  }
}

extension Comparison.Row {
  /// The interval with half of the last published digit at each end; nil without one, and where a
  /// half digit leaves nothing positive.
  package var interval: ClosedRange<Double>? {
    guard let interval = simulated?.interval else { return nil }
    let half = figure.lastDigit / 2
    let low = interval.lowerBound - half
    return low > 0 ? low...(interval.upperBound + half) : nil
  }

  /// The score; nil without a positive value.
  package var score: Score? {
    guard let value = simulated?.value, value > 0 else { return nil }
    return Score(value, interval, published: figure.published)
  }

  /// Whether the row counts in the summary: it was not used, and is no bound.
  package var isCounted: Bool { figure.use == nil && figure.relation == .equal }

  /// `yes` or `no`; `reached` or `missed` for a bound; nil without an interval to judge by.
  package var verdict: String? {
    switch figure.relation {
    case .atLeast:
      guard let value = simulated?.value else { return nil }
      return value >= figure.published ? "reached" : "missed"
    case .equal: return score?.isInside.map { $0 ? "yes" : "no" }
    }
  }
}
