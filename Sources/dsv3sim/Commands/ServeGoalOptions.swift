// The goal of `dsv3sim plan serve`: load, bounds and how many requests must be inside them.

import ArgumentParser
import Foundation
import Plans
import Recording
import Scenarios
import Text

extension MetricStatistic: ExpressibleByArgument {}

/// What a service must do, and within which sizes.
struct ServeGoalOptions: ParsableArguments {
  @Option(help: "Load, for example 50/s: service.load.rate.") var rate: String?
  @Option(help: "Requests of a replication: service.load.requests.") var requests: Int?
  @Option(help: "Bound of the time to the first token, for example 1s.") var ttft: String?
  @Option(help: "Bound of the time per output token, for example 50ms.") var tpot: String?
  @Option(help: "Least share of the requests that must be inside their bounds.")
  var attainment = 0.9
  @Option(help: "A percentile instead of a share: p50, p75, p90, p95, p99 or p99.9.")
  var percentile: MetricStatistic?
  @Option(help: "Nodes of any candidate, at most.") var mostNodes = 512
  @Option(help: "Units of each pool that may be out: so many more than needed.")
  var redundancy = 0
  @Option(help: "Confidence of all claims together.") var confidence = 0.95

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
