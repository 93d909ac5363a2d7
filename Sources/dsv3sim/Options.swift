// Options shared by several subcommands.

import ArgumentParser
import Experiments
import Foundation
import Reports
import Scenarios

extension OutputFormat: ExpressibleByArgument {}

/// A scenario file with changes to it.
struct ScenarioOptions: ParsableArguments {
  @Argument(
    help: "A scenario file, or the name of a bundled one, which `dsv3sim scenarios` lists.",
    completion: .custom(BundledFiles.scenarios.completions))
  var scenario: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Override a key, for example training.schedule=zb1p. May be repeated.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(
    name: .customLong("unset"), parsing: .singleValue,
    help: ArgumentHelp(
      "Remove a key before any --set, for example training.partition. May be repeated.",
      valueName: "key"))
  var removals: [String] = []

  @Option(help: ArgumentHelp("Seed to use instead of the scenario's.", valueName: "number"))
  var seed: UInt64?

  /// The changes that the options make.
  var changes: ScenarioChanges {
    ScenarioChanges(overrides: overrides, unset: removals, seed: seed)
  }

  /// The file, read once.
  ///
  /// - Throws: `ScenarioProblem` or `CommandProblem` if there is none.
  func document() throws -> ScenarioDocument {
    try ScenarioDocument(path: path(), traces: .stored)
  }

  /// The file, for what simulates variants of its scenario; the scenario's notes go to stderr.
  ///
  /// - Throws: as `document`.
  func documentOfVariants() throws -> ScenarioDocument {
    let document = try document()
    document.remarkNotes(changes)
    return document
  }

  /// The path of the file.
  ///
  /// - Throws: `CommandProblem` for a name that no file has.
  func path() throws -> String { try BundledFiles.scenarios.path(of: scenario) }

  /// The checked scenario; its notes go to stderr.
  ///
  /// - Throws: `ScenarioProblem` with every problem.
  func load() throws -> Scenario {
    let scenario = try document().scenario(changes)
    scenario.notes.forEach(remark)
    return scenario
  }
}

extension ScenarioDocument {
  /// Writes the notes of the scenario with changes to stderr.
  func remarkNotes(_ changes: ScenarioChanges) {
    // A scenario that is none by itself may have variants that are.
    (try? scenario(changes))?.notes.forEach(remark)
  }
}

/// A number of threads, or of trials at a time.
struct JobCount: ExpressibleByArgument {
  /// The number.
  let count: Int

  /// One for each core of the machine, within the limit of the option.
  static let perCore = JobCount(count: min(1_024, ProcessInfo.processInfo.activeProcessorCount))

  private init(count: Int) {
    self.count = count
  }

  init?(argument: String) {
    guard let count = Int(argument) else { return nil }
    self.count = count
  }

  /// Help and manual page are the same on every machine.
  var defaultValueDescription: String { "one per core" }
}

/// How many trials run at a time.
struct TrialOptions: ParsableArguments {
  @Option(
    name: [.customShort("j"), .customLong("jobs")],
    help: ArgumentHelp("Trials at a time; results do not depend on it.", valueName: "count"))
  var limit = JobCount.perCore

  /// The number.
  var jobs: Int { limit.count }

  func validate() throws { try check([("jobs", jobs, 1...1_024)]) }
}

extension IntervalChoice {
  /// The choice of a number of replications; 0 is none at all.
  ///
  /// - Throws: `CommandProblem` for too few or too many.
  init(replications: Int?, usual: IntervalChoice) throws {
    switch replications {
    case nil: self = usual
    case 0: self = .without
    case .some(let count):
      try check([("replications", count, Self.fewestReplications...10_000)])
      self = .replications(count)
    }
  }
}

/// Table or JSON, for commands whose result is not rows of a database.
enum ListFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
}
