// What a command found that is not a run: a list of a catalogue, a placement of experts, a training
// of the engine. Text, JSON, CSV and pictures are made from it alone, so what is kept of it can be
// shown again.

/// The record of a study: plain values under their names.
package struct Study: Equatable, Sendable {
  /// What it is about, which is how it is shown.
  package enum Kind: String, CaseIterable, Sendable {
    case kernels
    case inferenceKernels = "inference_kernels"
    case inferenceGrid = "inference_grid"
    case hardware
    case models
    case facts
    case fact
    case schedules
    case schedule
    case placement
    case evaluation
    case redundancy
    case drift
    case engineRun = "engine_run"
    case engineComparison = "engine_comparison"
    case generation
    case traceStatistics = "trace_statistics"
    case traceScaling = "trace_scaling"
    case scalingValidation = "scaling_validation"
  }

  package var kind: Kind
  /// An object: what was asked, and lists of rows that were found.
  package var values: RecordValue

  package init(_ kind: Kind, _ values: RecordValue) {
    self.kind = kind
    self.values = values
  }
}
