// A metric in the catalogue: its name, unit, definition and section of the summary.

/// A kind of metric that a run can report.
package struct MetricKind: Sendable {
  /// The name in JSON and SQLite, with the unit last.
  package let name: String
  /// The unit of its values.
  package let unit: MetricUnit
  /// The name in text.
  package let label: String
  /// The section of the run summary that shows it; nil if none does.
  package let section: MetricSection?
  /// The exact definition.
  package let definition: String

  /// Makes an entry. The label defaults to the words of the name.
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
  /// The results of the run: time, tokens, cost.
  case yield
  /// How well the GPUs are used.
  case efficiency
  /// The size of the model.
  case model
}
