// What commands do with a study: print it, draw it.

import Recording
import Reports

/// Writes a study to stdout.
func emit(_ study: Study, _ format: ListFormat) throws {
  try emit(StudyText.text(study, format == .json ? .json : .table))
}

/// Writes the picture of a study into a file, if one is asked for.
///
/// - Parameter name: what is drawn, for the remark on stderr.
func draw(_ study: Study, as name: String, into path: String?) throws {
  guard let path, let picture = StudyText.picture(study) else { return }
  try OutputFile(path).write(picture)
  remark("\(name) in \(path)")
}
