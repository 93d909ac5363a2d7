// The record of one run: its provenance and its results. Nothing here depends on the wall clock, so
// equal inputs give equal records.

/// The provenance of a run: enough to repeat it byte for byte.
package struct Provenance: Hashable, Sendable {
  /// The scenario's name.
  package var scenarioName: String
  /// The scenario as text, with each line of a user-supplied order appended as `# order: ...`, and
  /// of a model's configuration as `# config: ...`.
  package var scenarioText: String
  /// Changes to the text before it was parsed, in the order of application.
  package var settings: [Setting]
  /// SHA-256 of the text and settings, in hexadecimal.
  package var scenarioHash: String
  /// The seed of every random stream.
  package var seed: UInt64
  /// The version of the program.
  package var programVersion: String
  /// The stored name of the kind of question, for example `training_step`.
  package var question: String
  /// The catalogue name of the schedule; empty if there is none.
  package var schedule: String

  package init(
    scenarioName: String, scenarioText: String, settings: [Setting] = [], scenarioHash: String,
    seed: UInt64, programVersion: String, question: String, schedule: String
  ) {
    self.scenarioName = scenarioName
    self.scenarioText = scenarioText
    self.settings = settings
    self.scenarioHash = scenarioHash
    self.seed = seed
    self.programVersion = programVersion
    self.question = question
    self.schedule = schedule
  }
}

/// All results of one run; `record.metrics` is `record.result.metrics`.
@dynamicMemberLookup
package struct RunRecord: Sendable {
  package var provenance: Provenance
  package var result: SimulationResult

  package init(provenance: Provenance, result: SimulationResult) {
    self.provenance = provenance
    self.result = result
  }

  /// A part of the result.
  package subscript<Part>(dynamicMember part: WritableKeyPath<SimulationResult, Part>) -> Part {
    get { result[keyPath: part] }
    set { result[keyPath: part] = newValue }
  }

  /// The value of a metric for the whole run; nil if it was not reported.
  package func value(_ kind: MetricKind) -> Double? { result.value(kind) }
}
