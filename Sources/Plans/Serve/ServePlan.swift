// The plan of a service: the least nodes with which it meets its objective, over all layouts.
//
// Candidates are layouts in the order of their bounds. One that is no valid scenario, cannot run,
// or misses the objective with hardly any load is refused; one whose bound is above the best answer
// is pruned; all others are searched with LeastCount up to the best answer's nodes, each at its
// share of alpha, so that all claims of the plan hold together.

import Recording
import Scenarios
import Service
import Statistics

/// What a plan found.
package struct ServePlan: Sendable {
  /// Every candidate, and remarks.
  package var ledger: PlanLedger
  /// The settings of the best candidate, redundancy included; nil if none meets the objective.
  package var winner: [Setting]?
  /// Trials that ran.
  package var trials: Int
}

extension ServeQuestion {
  /// Searches.
  ///
  /// - Parameter progress: called with a line before each candidate.
  /// - Throws: `ServePlanRefusal`; `ScenarioProblem` if no candidate is a valid scenario;
  ///   `BrokenInvariant` if an answer is below its bound; an error for a trial that hit a bug.
  package func plan(progress: (String) -> Void = { _ in }) throws -> ServePlan {
    try check()
    var search = ServeSearch(self, seed: try seed())
    return try search.run(progress)
  }

  /// The seed from which those of the replications follow.
  private func seed() throws -> UInt64 {
    if let seed = changes.seed { return seed }
    return UInt64(document.words(of: "seed", changes) ?? "") ?? 0
  }

  /// Checks what is common to all candidates, on the first that is a valid scenario.
  private func check() throws {
    var problem: ScenarioProblem?
    for candidate in candidates {
      let scenario: Scenario
      do throws(ScenarioProblem) {
        scenario = try document.scenario(changes.adding(candidate.settings))
      } catch {
        problem = problem ?? error
        continue
      }
      guard let service = scenario.service else {
        throw ServePlanRefusal.notAService(name: scenario.name)
      }
      guard service.classes.contains(where: { !ServeObjective.bounds($0, among: 1).isEmpty })
      else { throw ServePlanRefusal.noBounds }
      if service.scaling != nil { throw ServePlanRefusal.changingUnits(key: "service.scaling") }
      if let pool = service.pools.first(where: { !$0.timetable.isEmpty }) {
        throw ServePlanRefusal.changingUnits(key: "service.\(pool.role.rawValue).timetable")
      }
      return
    }
    if let problem { throw problem }
  }
}
