// What `dsv3sim run` does with the requests of a service.

import ArgumentParser
import Foundation
import Recording
import Reports
import Scenarios

extension ClientFormat: ExpressibleByArgument {}

/// Options for the requests of a service and their records.
struct RequestOptions: ParsableArguments {
  @Option(
    name: .customLong("requests"),
    help: ArgumentHelp(
      "Replace the load of a service by the requests of a file, or by ServeGen's clients in a"
        + " folder. Other keys of service.load: by --set.", valueName: "file"))
  var trace: String?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Print the results of a service under the keys of a client.",
      valueName: "client"))
  var client: ClientFormat?

  @Flag(help: "With --for vllm-bench: lists with a value for each request, in seconds.")
  var detailed = false

  @Flag(help: "Store each request of a service too, in the table `request`.")
  var requestsTable = false

  func validate() throws {
    guard !detailed || client == .vllmBench else {
      throw CommandProblem.usage("--detailed: only with --for vllm-bench")
    }
  }

  /// The scenario, with its load replaced if there is a file.
  ///
  /// - Throws: `ScenarioProblem` with every problem; `CommandProblem` if options are given that are
  ///   for services, and it is none.
  func scenario(_ input: ScenarioOptions) throws -> Scenario {
    let scenario = try loaded(input)
    if case .service = scenario.question { return scenario }
    if let client {
      throw CommandProblem.usage(
        "--for \(client.rawValue): \"\(scenario.name)\" is not a service",
        advice: "clients measure services: leave --for out")
    }
    if requestsTable {
      throw CommandProblem.usage(
        "--requests-table: \"\(scenario.name)\" is not a service",
        advice: "only services have requests: leave --requests-table out")
    }
    return scenario
  }

  private func loaded(_ input: ScenarioOptions) throws -> Scenario {
    guard let trace else { return try input.load() }
    let document = try input.document()
    guard document.words(of: "service", input.changes) != nil else {
      throw CommandProblem.usage(
        "--requests \"\(trace)\": \"\(input.scenario)\" is not a service",
        advice: "only services have requests: leave --requests out")
    }
    // A scenario's files are relative to its folder, an option's to the working directory.
    let path = URL(filePath: trace).path.replacing("'", with: "''")
    do throws(ScenarioProblem) {
      return try document.scenario(
        ScenarioChanges(
          overrides: ["service.load.file='\(path)'"] + input.overrides,
          unset: input.removals + ["service.load"], seed: input.seed))
    } catch {
      throw ownProblem(error, input)
    }
  }

  /// The problem with what this option set, told of the option that the user wrote.
  private func ownProblem(_ problem: ScenarioProblem, _ input: ScenarioOptions) -> ScenarioProblem {
    let key = "service.load.file"
    guard case .badData(var diagnostics) = problem,
      !input.overrides.contains(where: { $0.hasPrefix("\(key)=") })
    else { return problem }
    for index in diagnostics.indices where diagnostics[index].source == "--set \(key)" {
      diagnostics[index].source = "--requests"
      if diagnostics[index].keyPath == key { diagnostics[index].keyPath = "" }
    }
    return .badData(diagnostics)
  }

  /// Whether the run has to keep its requests.
  var areKept: Bool { client != nil || requestsTable }

  /// The client's output; nil without `--for`.
  func text(_ record: RunRecord) -> String? { client?.text(record, isDetailed: detailed) }

  /// The record without what is not to be stored.
  func stored(_ record: RunRecord) -> RunRecord {
    guard !requestsTable else { return record }
    var record = record
    record.requests = []
    return record
  }
}
