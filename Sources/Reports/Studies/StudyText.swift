// A study as text, JSON, CSV or picture, from its record alone: the same bytes whether the record
// was made a moment ago or read from a results file.

import Recording

/// The forms of a study.
package enum StudyText {
  /// The study in a form; it ends with a line end. CSV has the rows that the study is about.
  package static func text(_ study: Study, _ format: OutputFormat) -> String {
    let face = StudyFace(study.kind)
    return switch format {
    case .table: face.text(study.values)
    case .json: face.json(study.values) + "\n"
    case .csv: csv(face.rows.map { study.values[$0].items } ?? [study.values])
    }
  }

  /// A column for each name that one of the rows has a plain value of.
  private static func csv(_ rows: [RecordValue]) -> String {
    let names = rows.flatMap(\.members).filter { member in
      switch member.value {
      case .array, .object: false
      case .null, .bool, .integer, .real, .text: true
      }
    }.map(\.name).unique
    return CSVText.table(names, rows.map { row in names.map { row[$0] } })
  }

  /// The study as SVG; nil where nothing is drawn.
  package static func picture(_ study: Study) -> String? {
    StudyFace(study.kind).picture?(study.values)
  }
}

/// How a kind of study is shown.
struct StudyFace {
  /// The list that the study is about; nil where it is about the one row that it is.
  var rows: String?
  /// JSON without its last line feed: the whole record, unless a kind says otherwise.
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
      case .hardware: .hardware
      case .models: .models
      case .facts: .facts
      case .fact: .fact
      case .schedules: .schedules
      case .schedule: .schedule
      case .placement: .placement
      case .evaluation: .evaluation
      case .redundancy: .redundancy
      case .drift: .drift
      case .engineRun: .engineRun
      case .engineComparison: .engineComparison
      case .generation: .generation
      case .traceStatistics: .traceStatistics
      case .traceScaling: .traceScaling
      case .scalingValidation: .scalingValidation
      }
  }
}

extension RecordValue {
  /// The value without the members of these names, at every depth.
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
