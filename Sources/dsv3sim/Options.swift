// Options that several subcommands share.

import ArgumentParser
import Experiments
import Reports
import Scenarios

extension OutputFormat: ExpressibleByArgument {}

/// A scenario file with overrides.
struct ScenarioOptions: ParsableArguments {
  @Argument(help: "A scenario file, as those in scenarios/.")
  var scenario: String

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: "Override a key, for example training.schedule=zb1p. May be repeated.")
  var overrides: [String] = []

  @Option(help: "Seed instead of the scenario's.")
  var seed: UInt64?

  /// The checked scenario.
  ///
  /// - Throws: `ScenarioError` with every problem.
  func load() throws -> Scenario {
    try Scenario.load(
      path: scenario, overrides: overrides, seed: seed, schedules: .catalogue, traces: .stored)
  }

  /// The checked scenario of training or of inference.
  ///
  /// - Throws: `ScenarioError` with every problem.
  func loadAny() throws -> AnyScenario {
    try AnyScenario.load(
      path: scenario, overrides: overrides, seed: seed, schedules: .catalogue, traces: .stored)
  }
}

/// Table or JSON, for commands whose result is not rows of a database.
enum ListFormat: String, CaseIterable, ExpressibleByArgument {
  case table
  case json
}
