// The record of a layout plan.

import Cluster
import Recording
import Units

extension LayoutPlan {
  /// A plan with the settings of its best layout.
  package struct Answer: Sendable {
    package var ledger: PlanLedger
    /// All settings of the best layout; nil if none is possible.
    package var best: [Setting]?
    /// Bugs that candidates hit.
    package var bugs: [String]
  }

  /// Searches, and asks what binds the best layout.
  ///
  /// - Throws: `BrokenInvariant` 18.
  package func answer(workers: Int) throws -> Answer {
    let outcome = try search(workers: workers)
    let sensitivity = LayoutSensitivity(plan: self, outcome: outcome, workers: workers)
    let effects = try sensitivity.effects()
    let cluster = scenario.cluster
    let ledger = PlanLedger(
      question: "layout",
      title: "\(scenario.name): layout with the least step time on \(space.gpus)"
        + " GPUs of \(cluster.node.name), \(space.batch) sequences a step",
      objective: .stepTime, space: space.count, refusals: outcome.refusals,
      candidates: outcome.candidates, changes: effects.changes, notes: effects.notes)
    return Answer(
      ledger: ledger,
      best: outcome.simulated.first.map { space.common + $0.prospect.value.settings },
      bugs: outcome.failed.map { "\($0.prospect.value.label): \($0.reason)" })
  }
}

extension LayoutPlan.Outcome {
  /// All prospects: simulated ones by time, failed ones, pruned ones by bound.
  var candidates: [PlanLedger.Candidate] {
    let simulated = simulated.enumerated().map { place, candidate in
      let isShown = place < LayoutPlan.places
      return self.candidate(
        candidate.prospect, .simulated, value: candidate.figures.seconds,
        place: isShown ? place + 1 : nil,
        note: isShown && place > 0
          ? candidate.figures.reason(against: self.simulated[0].figures) : nil)
    }
    return simulated + failed.map { candidate($0.prospect, .failed, note: $0.reason) }
      + pruned.map { candidate($0, .pruned) }
  }

  private func candidate(
    _ prospect: LayoutPlan.Prospect, _ fate: PlanLedger.Fate, value: Double? = nil,
    place: Int? = nil, note: String? = nil
  ) -> PlanLedger.Candidate {
    PlanLedger.Candidate(
      name: prospect.value.label, settings: prospect.value.settings,
      bound: prospect.bound.seconds, boundedBy: prospect.bound.name, fate: fate, value: value,
      place: place, note: note)
  }
}
