// One point of an experiment: what was asked, and what became of it.

/// One member of an experiment: its parameters, and its run or the reason why there is none.
package struct TrialRecord: Sendable {
  /// What became of a trial.
  package enum Outcome: Sendable {
    /// The trial ran and left this record.
    case ran(RunRecord)
    /// The trial could not be run as asked, and why.
    case refused(reason: String)
    /// The trial ran into a bug of ours, and which.
    case broken(reason: String)

    /// Why there is no run; nil where there is one.
    package var reason: String? {
      switch self {
      case .ran: nil
      case .refused(let reason), .broken(let reason): reason
      }
    }
  }

  /// Position in the experiment, from 0; the order of storage and of print.
  package var index: Int
  /// The parameters that this trial sets, in the order of the experiment's axes.
  package var parameters: [(key: String, value: String)]
  package var outcome: Outcome

  package init(index: Int, parameters: [(key: String, value: String)], outcome: Outcome) {
    self.index = index
    self.parameters = parameters
    self.outcome = outcome
  }

  /// The record of the trial's run; nil where there is none.
  package var record: RunRecord? {
    if case .ran(let record) = outcome { record } else { nil }
  }
}
