// The goal of `dsv3sim plan train`: what is looked for, what is given, and the bounds.

import ArgumentParser
import Plans
import Recording
import Scenarios

extension TrainQuestion.Unknown: ExpressibleByArgument {}

/// The unknown of a training run, and what is known.
struct TrainGoalOptions: ParsableArguments {
  @Option(help: "The unknown; the others are given.") var find: TrainQuestion.Unknown
  @Option(help: ArgumentHelp("GPUs of the cluster, in whole nodes.", valueName: "count")) var gpus:
    Int?
  @Option(
    help: ArgumentHelp(
      "Tokens at the end of pre-training, for example 14.8T: run.tokens.", valueName: "count"))
  var tokens: String?
  @Option(help: ArgumentHelp("Wall time in days, at most.", valueName: "number")) var days: Double?
  @Option(help: ArgumentHelp("Cost in US dollars, at most.", valueName: "dollars")) var budget:
    Double?
  @Option(
    help: ArgumentHelp(
      "Nodes of any candidate, at most; default: four times the scenario's.", valueName: "count"))
  var mostNodes: Int?

  /// The question of these options.
  ///
  /// - Throws: `CommandProblem` for a value out of range, `ScenarioProblem`.
  func question(
    _ document: ScenarioDocument, _ changes: ScenarioChanges, workers: Int, programVersion: String
  ) throws -> TrainQuestion {
    try check(days.map { $0 > 0 && $0 <= 1e6 }, "days", days, "above 0, at most 1e6")
    try check(budget.map { $0 > 0 && $0 <= 1e15 }, "budget", budget, "above 0, at most 1e15")
    let limit = TrainQuestion.sizeLimit
    try check(
      mostNodes.map { (1...limit).contains($0) }, "most-nodes", mostNodes, "1 to \(limit)")
    var question = TrainQuestion(
      document: document, changes: changes.adding(try settings(of: document, changes)),
      unknown: find, workers: workers, programVersion: programVersion)
    question.days = days
    question.budget = budget
    question.mostNodes = mostNodes
    return question
  }

  /// GPUs and tokens as settings.
  private func settings(
    of document: ScenarioDocument, _ changes: ScenarioChanges
  ) throws -> [Setting] {
    try check(
      tokens.map { _ in find != .tokens }, "tokens", tokens, "no --tokens: it is looked for")
    try check(gpus.map { _ in find != .gpus }, "gpus", gpus, "no --gpus: it is looked for")
    var settings: [Setting] = []
    if let tokens {
      settings.append(
        Setting("run.tokens", tokens.contains("token") ? tokens : "\(tokens) tokens"))
    }
    if let gpus {
      let perNode = try document.scenario(changes).cluster.node.gpusPerNode
      try check(
        gpus > 0 && gpus % perNode == 0, "gpus", gpus, "a multiple of the \(perNode) of a node")
      settings.append(Setting("cluster.nodes", "\(gpus / perNode)"))
    }
    return settings
  }

  private func check<Value>(
    _ isValid: Bool?, _ option: String, _ value: Value?, _ expected: String
  ) throws {
    guard let value, isValid == false else { return }
    throw CommandProblem.usage("--\(option) \"\(value)\": expected \(expected)")
  }
}
