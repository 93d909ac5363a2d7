// Files that a study is written to: a results file and a picture, told apart by their suffix.

import ArgumentParser
import Recording
import Reports
import ResultsStore
import Text

/// The files of a study with a picture.
struct StudyFiles: ParsableArguments {
  @Option(
    name: [.short, .long], parsing: .singleValue,
    help: ArgumentHelp(
      "FILE.svg for a picture; else a SQLite file for the study, which `dsv3sim show` reads. May be"
        + " repeated, to have several.", valueName: "file"), completion: .file())
  var output: [String] = []

  /// The picture under the name that the option had in version 0.1.0.
  @Option(
    name: .customLong("svg"),
    help: ArgumentHelp(visibility: .hidden), completion: .file())
  var oldPicture: String?

  private var pictures: [String] {
    output.filter { $0.hasSuffix(".svg") } + (oldPicture.map { [$0] } ?? [])
  }
  private static let storeSuffixes = [".db", ".sqlite", ".sqlite3"]

  /// The file for a result in JSON, of commands that write one: neither picture nor results file;
  /// nil for stdout.
  var jsonFile: String? { output.first { !$0.hasSuffix(".svg") && !Self.isStore($0) } }

  private static func isStore(_ path: String) -> Bool {
    storeSuffixes.contains { path.hasSuffix($0) }
  }

  /// The results files: of commands that write JSON, those that are named so.
  private func stores(writesJSON: Bool) -> [String] {
    output.filter { writesJSON ? Self.isStore($0) : !$0.hasSuffix(".svg") }
  }

  /// Makes a study, stores it and draws it, as far as files are given; opens the results file
  /// first, to fail early.
  ///
  /// - Parameters:
  ///   - name: name of the study in the results file.
  ///   - picture: name of the picture, for the remark on stderr.
  ///   - writesJSON: whether the command writes `jsonFile` itself.
  /// - Throws: `CommandProblem` for two files of a kind or a JSON file that nothing writes, and
  ///   what the study throws.
  func keeping(
    _ name: String, picture: String, writesJSON: Bool = false, _ make: () throws -> Study
  ) throws -> Study {
    let stores = stores(writesJSON: writesJSON)
    guard pictures.count <= 1, stores.count <= 1,
      output.count <= pictures.count + stores.count + (writesJSON ? 1 : 0)
    else { throw CommandProblem.usage("--output: expected at most one file of each kind") }
    if let file = stores.first(where: { $0.hasSuffix(".json") }) {
      throw CommandProblem.usage(
        "--output \(quoted(file)): JSON goes to a file only with place --for",
        advice: "expected: FILE.svg or a results file; --format json prints JSON")
    }
    if oldPicture != nil { remark(OldNames.warning("--svg FILE.svg", "-o FILE.svg")) }
    let study = try Study.kept(name, in: stores.first, make)
    try draw(study, as: picture, into: pictures.first)
    return study
  }
}
