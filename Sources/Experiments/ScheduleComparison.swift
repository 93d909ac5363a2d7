// The same scenario under many schedules, and over a grid of other settings, told in the order of
// the grid and then of the catalogue.

import Recording
import Scenarios
import Schedules
import Training

/// Compares schedules at every point of a grid.
public struct ScheduleComparison: Sendable {
  /// The key of the parameter that every trial sets.
  public static let scheduleKey = "training.schedule"

  private let points: [ScenarioGrid.Point]
  private let programVersion: String

  /// - Parameter programVersion: recorded with every result.
  public init(_ grid: ScenarioGrid, programVersion: String) {
    points = grid.points
    self.programVersion = programVersion
  }

  /// One trial for each point and schedule; what does not go together gives its reason. A scenario
  /// that has its own order runs under it too, first. Points of inference have no schedule: none of
  /// them gives a trial.
  ///
  /// The order of trials and every value in them are the same for any number of cores.
  ///
  /// - Parameter schedules: catalogue names.
  /// - Throws: `BrokenInvariant` for our bugs.
  public func run(_ schedules: [String]) throws -> [TrialRecord] {
    let plans = points.flatMap { self.plans(at: $0, schedules) }
    return try TrialRecord.runAll(plans.map(\.parameters)) { try plans[$0].outcome() }
  }

  private func plans(at point: ScenarioGrid.Point, _ schedules: [String]) -> [TrialPlan] {
    func plan(_ name: String, _ work: TrialPlan.Work) -> TrialPlan {
      TrialPlan(parameters: point.settings + [(key: Self.scheduleKey, value: name)], work: work)
    }
    switch point.scenario {
    case .failure(let error):
      return schedules.map { plan($0, .refuse(reason: error.reason)) }
    case .success(.inference):
      return []
    case .success(.training(let scenario)):
      let trial = TrainingTrial(scenario, programVersion: programVersion)
      let costs = trial.costs()
      let own = scenario.training.userSchedule.map {
        plan("\($0.name) (own order)", .run(trial, schedule: nil, costs))
      }
      return [own].compactMap { $0 } + schedules.map { plan($0, .run(trial, schedule: $0, costs)) }
    }
  }
}

/// A trial before it runs.
private struct TrialPlan: Sendable {
  /// What there is to do; without a schedule the scenario's own order.
  enum Work: Sendable {
    case refuse(reason: String)
    case run(TrainingTrial, schedule: String?, BlockCosts)
  }

  var parameters: [(key: String, value: String)]
  var work: Work

  func outcome() throws -> TrialRecord.Outcome {
    switch work {
    case .refuse(let reason): return .refused(reason: reason)
    case .run(let trial, let schedule, let costs):
      do {
        return .ran(try trial.run(schedule: schedule, costs: costs))
      } catch let refusal as TrainingRefusal {
        return .refused(reason: refusal.description)
      }
    }
  }
}
