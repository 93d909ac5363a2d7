// Trials side by side on all cores.

import Dispatch
import Recording
import Scenarios
import Synchronization

extension TrialRecord {
  /// Runs one trial for each set of parameters, in their order. The trials and every value in them
  /// are the same for any number of cores.
  ///
  /// - Throws: the error of the first trial that has one.
  static func runAll(
    _ parameters: [[(key: String, value: String)]],
    outcome: @Sendable (Int) throws -> Outcome
  ) throws -> [TrialRecord] {
    let results = Mutex([Result<Outcome, any Error>?](repeating: nil, count: parameters.count))
    DispatchQueue.concurrentPerform(iterations: parameters.count) { index in
      let result = Result { try outcome(index) }
      results.withLock { $0[index] = result }
    }
    return try results.withLock { $0 }.enumerated().compactMap { index, result in
      guard let result else { return nil }
      return TrialRecord(index: index, parameters: parameters[index], outcome: try result.get())
    }
  }
}

extension ScenarioError {
  /// Its problems in one line, each with what would be right, as the reason of a refused trial.
  var reason: String {
    diagnostics.map { problem in
      problem.message + (problem.advice.map { " (\($0))" } ?? "")
    }.joined(separator: "; ")
  }
}
