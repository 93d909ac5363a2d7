// Runs the commands that the README and other pages give their readers.

import Foundation

/// A folder in which a page's commands are run in order, so that later commands find the files of
/// earlier ones.
struct ReadmeCommands {
  /// The program that is run for `dsv3sim`.
  var program: URL
  /// A folder with the input files of the commands.
  var folder: URL
  /// The page, for messages.
  var page = "README.md"

  /// The program with which `make soak-pages` also runs the commands marked as slow, and
  /// `make soak-engine` those that train engines, from the environment; nil in a usual test run.
  static let soakProgram = [slowPages, trainingPages].compactMap(\.self).first

  private static let slowPages = program("SLOW_PAGES")
  private static let trainingPages = program("TRAINING_PAGES")

  private static func program(_ name: String) -> URL? {
    ProcessInfo.processInfo.environment[name].map { URL(filePath: $0, relativeTo: House.root) }
  }

  /// Whether this test run is one for commands of a pace.
  static func runs(_ pace: Readme.Pace) -> Bool {
    switch pace {
    case .usual: true
    case .slow: slowPages != nil
    case .training: trainingPages != nil
    }
  }

  /// The path of the built program: next to the bundle that these tests run from.
  static var builtProgram: URL {
    URL(filePath: ProcessInfo.processInfo.arguments[0]).deletingLastPathComponent()
      .appending(path: "dsv3sim")
  }

  /// The problem with a command; nil if it does what the page says, and prints what the page
  /// shows.
  ///
  /// `make` is only a dry run; `dsv3sim` is run. A page must not contain other commands, because
  /// they would not be tested.
  ///
  /// - Throws: Foundation's error if a program cannot be started.
  func problem(with command: Readme.Command) throws -> String? {
    let place = "\(page):\(command.line): `\(command.text)`"
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
        "/bin/sh", ["-c", command.text], in: folder, environment: environment,
        limitSeconds: command.pace == .usual ? 1_200 : 7_200)
      guard result.status == command.exitStatus else {
        return "\(place): exit \(result.status), not \(command.exitStatus): \(result.errors)"
      }
      guard !command.printed.isEmpty else { return nil }
      return ShownOutput(command.printed).difference(from: result.output)
        .map { "\(place): \($0)" }
    default:
      return "\(place): only make and dsv3sim, which are tested, are allowed in an sh block"
    }
  }

  private var environment: [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return ["PATH": program.deletingLastPathComponent().path + ":" + path, "HOME": folder.path]
  }
}
