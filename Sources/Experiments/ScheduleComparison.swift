// The same scenario under many schedules, side by side on all cores, told in catalogue order.

import Dispatch
import Recording
import Scenarios
import Schedules
import Synchronization
import Training

/// Compares schedules on one scenario.
public struct ScheduleComparison: Sendable {
  private let trial: TrainingTrial

  /// - Parameter programVersion: recorded with every result.
  public init(_ scenario: Scenario, programVersion: String) {
    trial = TrainingTrial(scenario, programVersion: programVersion)
  }

  /// One trial for each schedule; a schedule that does not take the sizes gives its reason.
  ///
  /// The order of trials and every value in them are the same for any number of cores.
  ///
  /// - Parameter schedules: catalogue names.
  /// - Throws: `BrokenInvariant` for our bugs.
  public func run(_ schedules: [String]) throws -> [TrialRecord] {
    let costs = trial.costs()
    let results = Mutex(
      [Result<TrialRecord.Outcome, any Error>?](
        repeating: nil, count: schedules.count))
    DispatchQueue.concurrentPerform(iterations: schedules.count) { index in
      let result = Result { try outcome(of: schedules[index], costs: costs) }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { $0 }.enumerated().compactMap { index, result in
      guard let result else { return nil }
      return TrialRecord(
        index: index, parameters: [(key: "training.schedule", value: schedules[index])],
        outcome: try result.get())
    }
  }

  private func outcome(
    of schedule: String, costs: BlockCosts
  ) throws -> TrialRecord.Outcome {
    do {
      return .ran(try trial.run(schedule: schedule, costs: costs))
    } catch let refusal as TrainingRefusal {
      return .refused(reason: refusal.description)
    }
  }
}
