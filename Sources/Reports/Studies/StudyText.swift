// A study as text, JSON, CSV or picture, from its record alone: the bytes are the same for a new
// record and for one read from a results file.

import Recording

/// The output of a study in each format.
package enum StudyText {
  /// Returns the study in a format, ending with a line end. CSV contains the study's main rows.
  package static func text(_ study: Study, _ format: OutputFormat) -> String {
    let face = StudyFace(study.kind)
    return switch format {
    case .table: face.text(study.values)
    case .json: face.json(study.values) + "\n"
    case .csv: csv(face.rows.map { study.values[$0].items } ?? [study.values])
    }
  }

  /// Returns CSV with one column for each name under which any row has a plain value.
  private static func csv(_ rows: [RecordValue]) -> String {
    let names = rows.flatMap(\.members).filter { member in
      switch member.value {
      case .array, .object: false
      case .null, .bool, .integer, .real, .text: true
      }
    }.map(\.name).unique
    return CSVText.table(names, rows.map { row in names.map { row[$0] } })
  }

  /// Returns the study as SVG; nil if it has no picture.
  package static func picture(_ study: Study) -> String? {
    StudyFace(study.kind).picture?(study.values)
  }
}

/// The presentation of a kind of study.
struct StudyFace {
  /// The name of the study's main list; nil if the study itself is the only row.
  var rows: String?
  /// JSON without the last line feed: the whole record by default.
  var json: (RecordValue) -> String = \.description
  var picture: ((RecordValue) -> String)?
  var text: (RecordValue) -> String
}

extension StudyFace {
  init(_ kind: Study.Kind) {
    self =
      switch kind {
      case .kernels: .kernels
      case .inferenceKernels: .inferenceKernels
      case .inferenceGrid: .inferenceGrid
      case .servingCurves: .servingCurves
      case .hardware: .hardware
      case .models: .models
      case .stacks: .stacks
      case .facts: .facts
      case .fact: .fact
      case .schedules: .schedules
      case .schedule: .schedule
      case .placement: .placement
      case .evaluation: .evaluation
      case .redundancy: .redundancy
      case .drift: .drift
      case .plan: .plan
      case .engineRun: .engineRun
      case .engineComparison: .engineComparison
      case .generation: .generation
      case .traceStatistics: .traceStatistics
      case .traceScaling: .traceScaling
      case .scalingValidation: .scalingValidation
      case .calibration: .calibration
      case .accuracy: .accuracy
      case .kernelErrors: .kernelErrors
      }
  }
}

extension RecordValue {
  /// Returns the value without members of these names, at every depth.
  func without(_ names: Set<String>) -> RecordValue {
    switch self {
    case .array(let values): .array(values.map { $0.without(names) })
    case .object(let members):
      .object(
        members.filter { !names.contains($0.name) }.map { ($0.name, $0.value.without(names)) })
    case .null, .bool, .integer, .real, .text: self
    }
  }
}
