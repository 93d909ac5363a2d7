// What commands do with a study: print it, draw it.

import ArgumentParser
import Recording
import Reports
import ResultsStore

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

/// Where a study is kept.
struct StudyOptions: ParsableArguments {
  @Option(name: [.short, .long], help: "SQLite file that receives the study, for `dsv3sim show`.")
  var output: String?

  /// Makes a study, and stores it if a file is named; one that cannot be written is refused before.
  func keeping(_ name: String, _ make: () throws -> Study) throws -> Study {
    let store = try output.map { try ResultsStore(path: $0) }
    let study = try make()
    if let store, let output {
      let experiment = try store.write(study: study, named: name)
      remark("stored as experiment \(experiment.rawValue) of \(output)")
    }
    return study
  }
}
