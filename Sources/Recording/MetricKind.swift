// A metric as an entry of the catalogue: its name, unit, definition and place in the summary.

/// A named figure that a run may report.
package struct MetricKind: Sendable {
  /// The name in JSON and SQLite, with the unit last.
  package let name: String
  /// The unit of its values.
  package let unit: MetricUnit
  /// The name in text for people.
  package let label: String
  /// The section of the run summary that shows it; nil where none does.
  package let section: MetricSection?
  /// What the figure is, exactly.
  package let definition: String

  /// Makes an entry; without a label, the words of its name.
  init(
    _ name: String, _ unit: MetricUnit, label: String? = nil, in section: MetricSection? = nil,
    _ definition: String
  ) {
    self.name = name
    self.unit = unit
    self.label = label ?? String(name.map { $0 == "_" ? " " : $0 })
    self.section = section
    self.definition = definition
  }

  /// The metric with a stored name, or nil.
  package static func named(_ name: String) -> MetricKind? { all.first { $0.name == name } }
}

extension MetricKind: Hashable, CustomStringConvertible {
  package static func == (first: Self, second: Self) -> Bool { first.name == second.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
  package var description: String { name }
}

/// A section of the run summary; it shows its metrics in the order of the catalogue.
package enum MetricSection: Sendable {
  /// What the run yields: time, tokens, money.
  case yield
  /// How well the GPUs are used.
  case efficiency
}
