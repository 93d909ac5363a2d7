// One point of an experiment: its parameters and its outcome.

/// One trial of an experiment: its parameters, and its run or the reason why there is none.
package struct TrialRecord: Sendable {
  /// The outcome of a trial.
  package enum Outcome: Sendable {
    /// The trial ran and produced this record.
    case ran(RunRecord)
    /// The trial could not be run with its parameters, for this reason.
    case refused(reason: String)
    /// The trial hit a bug in the program, described by the reason.
    case broken(reason: String)

    /// The reason why there is no run; nil if there is one.
    package var reason: String? {
      switch self {
      case .ran: nil
      case .refused(let reason), .broken(let reason): reason
      }
    }
  }

  /// The position in the experiment, from 0; trials are stored and printed in this order.
  package var index: Int
  /// The parameters that this trial sets, in the order of the experiment's axes.
  package var parameters: [(key: String, value: String)]
  package var outcome: Outcome

  package init(index: Int, parameters: [(key: String, value: String)], outcome: Outcome) {
    self.index = index
    self.parameters = parameters
    self.outcome = outcome
  }

  /// The record of the trial's run; nil if there is none.
  package var record: RunRecord? {
    if case .ran(let record) = outcome { record } else { nil }
  }
}
