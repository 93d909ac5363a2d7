// What varies in an experiment, and one figure of each of its trials: what a sensitivity needs.

import GRDB
import Recording

/// A trial with one of its figures.
package struct TrialFigure: Sendable {
  /// The position in the experiment, from 0.
  package var index: Int
  /// The parameters in order.
  package var parameters: [(key: String, value: String)]
  /// The kind of question of its run; nil if there is no run.
  package var question: String?
  /// The figure; nil if there is no run or if the run lacks it.
  package var value: Double?
}

extension ResultsStore {
  /// Returns the axes of an experiment, in order; empty in files of programs that stored none.
  ///
  /// - Throws: `StoreProblem.damaged` for a row that no version of the program writes.
  package func axes(of experiment: ExperimentID) throws(StoreProblem) -> [AxisRecord] {
    guard try hasTable(AxisRecord.table.name) else { return [] }
    let rest = "WHERE experiment = \(experiment.rawValue) ORDER BY position"
    let ranges = try rows("SELECT * FROM \(DesignRecord.Range.table.name) \(rest)") {
      row throws(StoreProblem) in try DesignRecord.Range(from: &row)
    }
    return try rows("SELECT * FROM \(AxisRecord.table.name) \(rest)") {
      row throws(StoreProblem) in try AxisRecord(from: &row, ranges: ranges)
    }
  }

  /// Returns the trials of an experiment in order, each with a figure of its whole run.
  ///
  /// - Throws: `StoreProblem.noSuchRow` if there is no such experiment, `.damaged` for a row
  ///   that no version of the program writes.
  package func figures(
    _ kind: MetricKind, _ statistic: MetricStatistic, of experiment: ExperimentID
  ) throws(StoreProblem) -> [TrialFigure] {
    let id = experiment.rawValue
    let count = try query("SELECT count(*) FROM experiment").rows.first?.first?.number ?? 0
    guard try !query("SELECT 1 FROM experiment WHERE id = \(id)").rows.isEmpty else {
      throw missing("experiment", id, known: Int(count))
    }
    let parameters = try rows(
      "SELECT * FROM trial_parameter WHERE experiment = \(id) ORDER BY trial, position"
    ) { row throws(StoreProblem) in try TrialParameter(from: &row) }
    var rest = parameters[...]
    return try rows(
      """
      SELECT trial.position, run.question, metric.value FROM trial
      LEFT JOIN run ON run.id = trial.run
      LEFT JOIN metric ON metric.run = trial.run AND metric.name = '\(kind.name)'
        AND metric.scope = 'all' AND metric.statistic = '\(statistic.rawValue)'
      WHERE trial.experiment = \(id) ORDER BY trial.position
      """
    ) { row throws(StoreProblem) in
      let index: Int = try row.get("position")
      guard index >= 0 else { throw row.damage("a trial has the position \(index)") }
      let own = rest.prefix { $0.trial <= index }
      rest = rest.dropFirst(own.count)
      return TrialFigure(
        index: index, parameters: own.map { ($0.key, $0.value) },
        question: try row.get("question"), value: try row.get("value"))
    }
  }
}

extension ExperimentHead {
  /// Inserts the axes of a new experiment.
  func insertAxes(of experiment: ExperimentID, into database: Database) throws {
    let id = experiment.rawValue
    try database.insert(axes, into: AxisRecord.table) { row, position, axis in
      row.add(id, position, axis.keys.joined(separator: " "), axis.points)
      row.add(axis.design?.kind.rawValue, axis.design?.size, axis.design.map { "\($0.seed)" })
    }
    let ranges = axes.compactMap(\.design).flatMap(\.ranges)
    try database.insert(ranges, into: DesignRecord.Range.table) { row, position, range in
      row.add(id, position, range.key, range.low, range.high)
    }
  }
}
