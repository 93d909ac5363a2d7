// The result of a command that is not a run: a catalogue listing, an expert placement, a training
// run of the engine. Text, JSON, CSV and pictures are made from it alone, so a stored study can be
// shown again.

/// The record of a study: named plain values.
package struct Study: Equatable, Sendable {
  /// The subject of a study, which determines how it is shown.
  package enum Kind: String, CaseIterable, Sendable {
    case kernels
    case inferenceKernels = "inference_kernels"
    case inferenceGrid = "inference_grid"
    case servingCurves = "serving_curves"
    case hardware
    case models
    case stacks
    case facts
    case fact
    case schedules
    case schedule
    case placement
    case evaluation
    case redundancy
    case drift
    case plan
    case engineRun = "engine_run"
    case engineComparison = "engine_comparison"
    case generation
    case traceStatistics = "trace_statistics"
    case traceScaling = "trace_scaling"
    case scalingValidation = "scaling_validation"
    case calibration
    case accuracy
    case kernelErrors = "kernel_errors"
  }

  package var kind: Kind
  /// An object with the inputs of the study and lists of result rows.
  package var values: RecordValue

  package init(_ kind: Kind, _ values: RecordValue) {
    self.kind = kind
    self.values = values
  }
}
