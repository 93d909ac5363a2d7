// Experiments stored in a file: stored trials are read back, the others are run.

import Experiments
import Recording
import ResultsStore

extension Experiment {
  /// All trials in order, each stored on completion if there is a file.
  ///
  /// - Throws: `StoreProblem` for the file; trials already stored are kept.
  func run(storedIn path: String?, workers: Int) throws -> [TrialRecord] {
    let progress = Progress("trials")
    guard let path else {
      var trials: [TrialRecord] = []
      try run(0..<count, workers: workers) {
        trials.append($0.trial)
        progress.tell(trials.count, of: count)
      }
      return trials
    }
    let store = try ResultsStore(path: path)
    let id = try store.begin(
      ExperimentHead(
        kind: kind, name: name, hash: hash(version: ProgramVersion.text), trialCount: count,
        axes: axisRecords))
    var trials = try store.trials(of: id)
    let known = trials.count
    if known > 0 { remark("\(known) of \(count) trials are in \(path) already") }
    try run(known..<max(known, count), workers: workers) { timed in
      let clock = RunClock(startedAt: timed.startedAt, wallSeconds: timed.seconds)
      try store.write(timed.trial, of: id, clock: timed.trial.record == nil ? nil : clock)
      trials.append(timed.trial)
      progress.tell(trials.count - known, of: count - known)
    }
    remark("stored as experiment \(id.rawValue) of \(path)")
    return trials
  }
}

extension TrialRecord {
  /// Throws if any trial failed because of a bug.
  ///
  /// - Throws: `CommandProblem` with the reason of each such trial.
  static func throwIfBroken(_ trials: [TrialRecord]) throws {
    let reasons = trials.compactMap { trial -> String? in
      guard case .broken(let reason) = trial.outcome else { return nil }
      return "trial \(trial.index + 1): \(reason)"
    }
    guard !reasons.isEmpty else { return }
    throw CommandProblem.bug(reasons)
  }
}
