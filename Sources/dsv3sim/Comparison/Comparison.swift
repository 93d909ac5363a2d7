// The trials of a comparison as rows: cheapest first, those worth a choice marked, the refused ones
// apart.

import Experiments
import Recording

/// What a comparison found.
struct Comparison {
  /// A trial that ran.
  struct Row {
    /// The settings of its point of the grid.
    var settings: [(key: String, value: String)]
    var schedule: String
    var record: RunRecord
    /// Whether no other row needs both less time and less memory.
    var isPareto = false

    /// The figure in its unit; 0 where the run has none.
    func value(_ kind: MetricKind) -> Double { record.value(kind) ?? 0 }

    /// Idle seconds of one cause, mean over ranks.
    func idleSeconds(_ activity: Activity) -> Double {
      record.rankTimes.meanSeconds(overGPUs: record.rankTimes.gpuCount) {
        $0.phase == .bubble && $0.activity == activity
      }
    }

    /// Idle seconds that the order itself leaves, less the published bubble where there is one: to
    /// the picosecond, because both stand on whole ones.
    var orderSeconds: Double {
      let seconds = idleSeconds(.schedule) - (closedForm?.published ?? 0)
      return (seconds * 1e12).rounded() / 1e12
    }
  }

  /// A trial that could not be run.
  struct Refused {
    var settings: [(key: String, value: String)]
    var schedule: String
    var reason: String
  }

  /// The keys of the grid's axes.
  let keys: [String]
  let rows: [Row]
  let refused: [Refused]

  /// Rows by GPU-hours for as many tokens, equal ones in the order of the trials.
  init(trials: [TrialRecord]) {
    var rows: [Row] = []
    var refused: [Refused] = []
    for trial in trials {
      let settings = Array(trial.parameters.dropLast())
      let schedule = trial.parameters.last?.value ?? ""
      switch trial.outcome {
      case .ran(let record):
        rows.append(Row(settings: settings, schedule: schedule, record: record))
      case .refused(let reason):
        refused.append(Refused(settings: settings, schedule: schedule, reason: reason))
      }
    }
    // Time for as many tokens: steps of different batches would not compare.
    let costs = rows.map {
      (first: $0.value(.gpuHoursPerTrillionTokens), second: $0.value(.peakMemory))
    }
    for (index, isMember) in ParetoFront.members(costs).enumerated() {
      rows[index].isPareto = isMember
    }
    keys = trials.first?.parameters.dropLast().map(\.key) ?? []
    self.rows = rows.indices.sorted { (costs[$0].first, $0) < (costs[$1].first, $1) }
      .map { rows[$0] }
    self.refused = refused
  }
}
