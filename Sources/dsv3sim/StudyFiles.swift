// Files that a study is written to: a results file and a picture, told apart by their suffix.

import ArgumentParser
import Recording
import Reports
import ResultsStore

/// The files of a study with a picture.
struct StudyFiles: ParsableArguments {
  @Option(
    name: [.short, .long], parsing: .singleValue,
    help: ArgumentHelp(
      "FILE.svg for a picture; else a SQLite file for the study, which `dsv3sim show` reads. May be"
        + " repeated, to have both.", valueName: "file"), completion: .file())
  var output: [String] = []

  /// The picture under the name that the option had in version 0.1.0.
  @Option(
    name: .customLong("svg"),
    help: ArgumentHelp(visibility: .hidden), completion: .file())
  var oldPicture: String?

  private var pictures: [String] {
    output.filter { $0.hasSuffix(".svg") } + (oldPicture.map { [$0] } ?? [])
  }
  private var stores: [String] { output.filter { !$0.hasSuffix(".svg") } }

  func validate() throws {
    guard pictures.count <= 1, stores.count <= 1 else {
      throw CommandProblem.usage("--output: expected at most one FILE.svg and one results file")
    }
  }

  /// Makes a study, stores it and draws it, as far as files are given; opens the results file
  /// first, to fail early.
  ///
  /// - Parameters:
  ///   - name: name of the study in the results file.
  ///   - picture: name of the picture, for the remark on stderr.
  func keeping(
    _ name: String, picture: String, _ make: () throws -> Study
  ) throws -> Study {
    if oldPicture != nil { remark(OldNames.warning("--svg FILE.svg", "-o FILE.svg")) }
    let study = try Study.kept(name, in: stores.first, make)
    try draw(study, as: picture, into: pictures.first)
    return study
  }
}
