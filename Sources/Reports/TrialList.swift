// The trials of a sweep before they run.

import Text

/// A table of trials.
package struct TrialList: Sendable {
  /// The table and the number of trials.
  package let text: String

  /// - Parameters:
  ///   - keys: the keys that vary.
  ///   - rows: index, a value for each key, and identity of each trial.
  ///   - total: number of trials of the sweep.
  package init(keys: [String], rows: [[String]], total: Int) {
    var table = TextTable(
      columns: [("trial", .right)] + keys.map { ($0, .right) } + [("identity", .left)])
    for row in rows { table.addRow(row) }
    text = table.text + "\(rows.count) of \(total) trials\n"
  }
}
