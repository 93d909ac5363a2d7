// Runs what the README tells its reader to type.

import Foundation

/// A place where the README's commands are run, in order, so that a later one finds what an
/// earlier one wrote.
struct ReadmeCommands {
  /// The program that the word `dsv3sim` means.
  var program: URL
  /// A folder that holds what the commands read.
  var folder: URL

  /// Where the build leaves the program: beside the bundle that these tests run from.
  static var builtProgram: URL {
    URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
      .appending(path: "dsv3sim")
  }

  /// What went wrong, nil where the command did what the README says.
  ///
  /// `make` is asked what it would do; `dsv3sim` is run. Nothing else may stand in the README,
  /// since nothing else would be tested.
  ///
  /// - Throws: what Foundation throws where no program can be started.
  func problem(with command: Readme.Command) throws -> String? {
    let place = "README.md:\(command.line): `\(command.text)`"
    switch command.text.prefix(while: { $0 != " " }) {
    case "make":
      guard let make = ChildProcess.find("make") else { return "\(place): make is not installed" }
      let words = command.text.split(separator: " ").dropFirst().map(String.init)
      let result = try ChildProcess.run(make, ["--dry-run"] + words, environment: environment)
      return result.status == 0 ? nil : "\(place): \(result.errors)"
    case "dsv3sim":
      guard FileManager.default.isExecutableFile(atPath: program.path) else {
        return "\(place): \(program.path) is not built"
      }
      let result = try ChildProcess.run(
        "/bin/sh", ["-c", command.text], in: folder, environment: environment)
      guard result.status != command.exitStatus else { return nil }
      return "\(place): exit \(result.status), not \(command.exitStatus): \(result.errors)"
    default:
      return "\(place): only make and dsv3sim may stand in an sh block, where they are tested"
    }
  }

  private var environment: [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return ["PATH": program.deletingLastPathComponent().path + ":" + path, "HOME": folder.path]
  }
}
