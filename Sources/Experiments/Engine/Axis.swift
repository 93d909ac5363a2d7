// The parameters that vary in an experiment.

import Recording

/// A key and the values that it takes in turn.
package struct ExperimentAxis: Hashable, Sendable {
  /// A point on the axis.
  package struct Value: Hashable, Sendable {
    /// The value as shown in results.
    package var label: String
    /// Changes to the scenario; empty for the scenario's own value.
    package var settings: [Setting]
  }

  /// The key, for example `training.microbatches`.
  package var key: String
  package var values: [Value]

  /// An axis whose labels are the values to set.
  package init(_ key: String, _ values: [String]) {
    self.init(key, values.map { Value(label: $0, settings: [Setting(key, $0)]) })
  }

  init(_ key: String, _ values: [Value]) {
    self.key = key
    self.values = values
  }

  /// Reads `KEY=VALUE,VALUE,...`; nil if the text has another form or repeats a value.
  package init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    let values = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard !values.contains(where: \.isEmpty), Set(values).count == values.count else { return nil }
    self.init(String(parts[0]), values)
  }
}
