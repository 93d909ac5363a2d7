// Output of studies: printing, drawing and storing.

import ArgumentParser
import Recording
import Reports
import ResultsStore

/// Writes a study to stdout.
func emit(_ study: Study, _ format: ListFormat) throws {
  try emit(StudyText.text(study, format == .json ? .json : .table))
}

/// Writes the picture of a study to a file, if a path is given.
///
/// - Parameter name: name of the picture, for the remark on stderr.
func draw(_ study: Study, as name: String, into path: String?) throws {
  guard let path, let picture = StudyText.picture(study) else { return }
  try OutputFile(path).write(picture)
  remark("\(name) in \(path)")
}

/// The file in which a study is stored.
struct StudyOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("SQLite file for the study, which `dsv3sim show` reads.", valueName: "file"),
    completion: .file())
  var output: String?

  /// Makes a study and stores it if a file is given; opens the file first, to fail early.
  func keeping(_ name: String, _ make: () throws -> Study) throws -> Study {
    try Study.kept(name, in: output, make)
  }
}

extension Study {
  /// A study that is made and stored, if a file is given; the file is opened first, to fail early.
  static func kept(
    _ name: String, in path: String?, _ make: () throws -> Study
  ) throws -> Study {
    let store = try path.map { try ResultsStore(path: $0) }
    let study = try make()
    if let store, let path {
      let experiment = try store.write(study: study, named: name)
      remark("stored as experiment \(experiment.rawValue) of \(path)")
    }
    return study
  }
}
