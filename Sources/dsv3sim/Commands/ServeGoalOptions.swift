// The goal of `dsv3sim plan serve`: load, bounds and how many requests must be inside them.

import ArgumentParser
import Foundation
import Plans
import Recording
import Scenarios
import Text

extension MetricStatistic: ExpressibleByArgument {
  /// The percentiles: other statistics cannot be bounded.
  package static var allValueStrings: [String] {
    allCases.filter { $0.permille != nil }.map(\.rawValue)
  }
}

/// What a service must do, and within which sizes.
struct ServeGoalOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Load, for example 50/s: service.load.rate.", valueName: "number/s"))
  var rate: String?
  @Option(
    help: ArgumentHelp("Requests of a replication: service.load.requests.", valueName: "count"))
  var requests: Int?
  @Option(
    help: ArgumentHelp(
      "Bound of the time to the first token, for example 1s.", valueName: "duration")) var ttft:
    String?
  @Option(
    help: ArgumentHelp(
      "Bound of the time per output token, for example 50ms.", valueName: "duration")) var tpot:
    String?
  @Option(
    help: ArgumentHelp(
      "Least share of the requests that must be inside their bounds; 0.9 as in papers on goodput.",
      valueName: "share"))
  var attainment = 0.9
  @Option(help: "A percentile to bound instead of a share.")
  var percentile: MetricStatistic?
  @Option(
    help: ArgumentHelp(
      "Nodes of any candidate, at most; ends a search for a load that no size serves.",
      valueName: "count")) var mostNodes = 512
  @Option(
    help: ArgumentHelp(
      "Units of each pool that may be out: so many more than needed.", valueName: "count"))
  var redundancy = 0
  @Option(
    help: ArgumentHelp(
      "Confidence of all claims together; more takes more replications.", valueName: "share"))
  var confidence = 0.95

  /// The options that stand for keys.
  var settings: [Setting] {
    [
      ("service.load.rate", rate), ("service.load.requests", requests.map(String.init)),
      ("service.objectives.ttft", ttft), ("service.objectives.tpot", tpot),
    ].compactMap { key, value in value.map { Setting(key, $0) } }
  }

  /// The goal of these options, over a question's other parts.
  ///
  /// - Throws: `CommandProblem` for a value out of range.
  func apply(to question: inout ServeQuestion) throws {
    func check(_ isValid: Bool, _ option: String, _ value: Any, _ expected: String) throws {
      guard isValid else {
        throw CommandProblem.usage("--\(option) \"\(value)\": expected \(expected)")
      }
    }
    try check((1...100_000).contains(mostNodes), "most-nodes", mostNodes, "1 to 100000")
    try check((0...1_000).contains(redundancy), "redundancy", redundancy, "0 to 1000")
    try check(attainment > 0 && attainment <= 1, "attainment", attainment, "a share, such as 0.9")
    try check((0.5...0.9999).contains(confidence), "confidence", confidence, "0.5 to 0.9999")
    if let percentile {
      try check(
        percentile.permille != nil, "percentile", percentile.rawValue, "one such as p90 or p99")
    }
    question.objective = percentile.map { .percentile($0) } ?? .attainment(attainment)
    question.mostNodes = mostNodes
    question.redundancy = redundancy
    question.alpha = 1 - confidence
  }
}

/// The file for the winning scenario of a plan.
struct WinnerFile {
  private let path: String

  /// - Throws: `CommandProblem` if the scenario names files, which would not be found from there.
  init(_ path: String, of scenario: String, _ document: ScenarioDocument) throws {
    func folder(_ path: String) -> String {
      URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
    }
    self.path = path
    guard let file = document.companions(ScenarioChanges()).first, folder(path) != folder(scenario)
    else { return }
    throw CommandProblem.usage(
      "--winner \(quoted(path)): the scenario names \(quoted(file.name)), which is found beside it"
        + " only", advice: "write to a file in \(folder(scenario))")
  }

  /// Writes a scenario.
  ///
  /// - Throws: `CommandProblem` if the file cannot be written.
  func write(_ document: ScenarioDocument, _ changes: ScenarioChanges, from command: String) throws
  {
    try OutputFile(path).write(
      document.yaml(changes, remarks: ["The answer of `dsv3sim \(command)`."]))
    remark("winning scenario in \(path)")
  }
}
