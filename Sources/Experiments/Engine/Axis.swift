// The parameters that vary in an experiment.

import Recording

/// Keys that vary together, and the values that they take in turn.
package struct ExperimentAxis: Hashable, Sendable {
  /// A point on the axis.
  package struct Value: Hashable, Sendable {
    /// The value of each key as shown in results.
    package var labels: [String]
    /// Changes to the scenario; empty for the scenario's own value.
    package var settings: [Setting]
    /// The position of the scenario to change; nil to keep that of the other axes, or the first.
    package var scenario: Int?

    /// A point on an axis of several keys, or of scenarios.
    package init(labels: [String], settings: [Setting], scenario: Int? = nil) {
      self.labels = labels
      self.settings = settings
      self.scenario = scenario
    }

    /// A point on an axis of one key.
    package init(label: String, settings: [Setting]) {
      self.init(labels: [label], settings: settings)
    }

    /// The value of the first key as shown in results.
    package var label: String { labels[0] }
  }

  /// The keys, for example `training.microbatches`; not empty.
  package var keys: [String]
  package var values: [Value]
  /// The rule that placed the values; nil if they are listed.
  package var design: DesignRecord?

  /// The axis as it is stored.
  var record: AxisRecord { AxisRecord(keys: keys, points: values.count, design: design) }

  /// The first key: the only one, unless several vary together.
  package var key: String { keys[0] }

  /// An axis of one key whose labels are the values to set.
  package init(_ key: String, _ values: [String]) {
    self.init(
      keys: [key], values.map { Value(labels: [$0], settings: [Setting(key, $0)]) })
  }

  /// An axis of one key whose values change several.
  package init(_ key: String, _ values: [Value]) { self.init(keys: [key], values) }

  /// An axis of several keys that vary together, one row of values for each point.
  ///
  /// - Precondition: every row has a value for each key.
  package init(keys: [String], rows: [[String]]) {
    precondition(rows.allSatisfy { $0.count == keys.count }, "a row has a value for each key")
    self.init(
      keys: keys, rows.map { Value(labels: $0, settings: zip(keys, $0).map { Setting($0, $1) }) })
  }

  init(keys: [String], _ values: [Value]) {
    precondition(!keys.isEmpty, "an axis has a key")
    self.keys = keys
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

extension [ExperimentAxis] {
  /// Points of the grid.
  package var pointCount: Int { reduce(1) { $0 * $1.values.count } }

  /// The value of each axis at a point of the grid; the last axis is the fastest.
  package func values(at index: Int) -> [ExperimentAxis.Value] {
    var rest = index
    return reversed().map { axis in
      defer { rest /= axis.values.count }
      return axis.values[rest % axis.values.count]
    }.reversed()
  }
}
