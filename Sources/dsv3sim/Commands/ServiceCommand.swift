// `dsv3sim service`: schedulers, caches and routers of a service by themselves.

import ArgumentParser
import Experiments
import Foundation
import Text

struct ServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "service",
    abstract: "Evaluate small services step by step. `run` simulates those of a scenario.",
    subcommands: [EvaluateServiceCommand.self])
}

struct EvaluateServiceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate cases of a service with a linear law of step times, as JSON.",
    discussion:
      "A case has instances with a scheduler (fcfs, vllm, sglang) and a KV cache, requests, and"
      + " a law: a step takes a + b x prompt tokens + c x decode rows + d x cached tokens + e x"
      + " drafts microseconds. The result has every step, transfer and token time, to check the"
      + " rules of a service by hand or against other implementations.")

  @Argument(help: "File with one case, or a list of cases, in JSON.") var file: String

  mutating func run() throws {
    guard FileManager.default.fileExists(atPath: file) else {
      throw CommandProblem.noInput(file, "no such file")
    }
    if let obstacle = inputObstacle(file) { throw CommandProblem.noInput(file, obstacle) }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw CommandProblem.file(file, "cannot be read")
    }
    do {
      try emit(ServiceCaseFile(data).evaluate().description + "\n")
    } catch let problem as ServiceCaseProblem {
      throw CommandProblem(problem, in: file)
    }
  }
}
