// What one run says about itself: where it came from and what it found. Nothing here depends on the
// wall clock: equal inputs give equal records.

/// Where a run came from: enough to repeat it to the byte.
package struct Provenance: Hashable, Sendable {
  /// The scenario's name.
  package var scenarioName: String
  /// The scenario as text, with each line of a user-supplied order appended as `# order: ...`.
  package var scenarioText: String
  /// Changes to the text before it was read, later ones last.
  package var settings: [Setting]
  /// SHA-256 of text and settings, in hexadecimal.
  package var scenarioHash: String
  /// The seed of every random stream.
  package var seed: UInt64
  /// Version of the program that ran.
  package var programVersion: String
  /// The kind of question that was asked, by its stored name, for example `training_step`.
  package var question: String
  /// The schedule that ran, by its catalogue name; empty where there is none.
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

  /// The value of a metric of the whole run; nil where it was not reported.
  package func value(_ kind: MetricKind) -> Double? { result.value(kind) }
}
