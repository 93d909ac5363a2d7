// `dsv3sim experts sweep` and `dsv3sim experts drift`: memory against balance, and replanning under
// drifting loads.

import ArgumentParser
import Cluster
import Experiments
import Foundation
import ModelCost
import Routing
import Scenarios
import Text

struct ExpertsSweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Compare balance and memory for several numbers of redundant experts.")

  @Argument(help: CountsFile.help, completion: .file())
  var counts: String

  @OptionGroup var machine: PlacementMachineOptions

  @Option(
    help: ArgumentHelp(
      "Numbers of redundant experts, separated by commas.", valueName: "count,count"))
  var redundant: CommaSeparated<Int>

  @Option(
    help: ArgumentHelp(
      "Model that gives the bytes per expert: a name of the catalogue, or a config.json.",
      valueName: "name"))
  var model = "deepseek-v3"

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  @OptionGroup var results: StudyFiles

  func validate() throws { try redundant.check("redundant", least: 0) }

  mutating func run() throws {
    var file: CountsFile?
    let study = try results.keeping("experts sweep", picture: "front") {
      let read = try CountsFile(counts)
      file = read
      return try RedundancySweep(
        loads: read.loads, redundant: redundant.values, groups: machine.groups,
        nodes: machine.nodes, gpus: machine.gpus,
        expertBytes: ExpertModel.named(model).expertBytes
      ).study
    }
    file?.tell()
    try emit(study, format)
  }
}

/// The model whose experts are placed.
enum ExpertModel {
  /// The catalogue model with a name, or the model of a Hugging Face configuration, whose name ends
  /// in `.json`.
  ///
  /// - Throws: `CommandProblem` if there is no such model with experts; `ScenarioProblem` for a
  ///   configuration that cannot be read.
  static func named(_ name: String) throws -> ModelSpec {
    if name.hasSuffix(".json") {
      let model = try ModelConfig.load(path: name).model
      if model.experts != nil { return model }
      throw CommandProblem.badData(name, "\(quoted(model.name)) has no experts")
    }
    let known = ModelSpec.catalogue.filter { $0.experts != nil }
    guard let model = known.first(where: { $0.name == name }) else {
      throw CommandProblem.usage(
        "--model \(quoted(name)) is not a model of the catalogue with experts",
        advice: knownText(known.map(\.name), insteadOf: name))
    }
    return model
  }
}

struct ExpertsDriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Plan on one window and run on the next, with traffic that changes by the hour.",
    discussion:
      "The domains' shares of the traffic are synthetic; so are their expert loads, unless they"
      + " come from a trace.")

  @Argument(
    help: ArgumentHelp(
      "A moe trace file whose domains make up the traffic; default: synthetic domains.",
      valueName: "trace"), completion: .file())
  var counts: String?

  @Option(
    help: ArgumentHelp(
      "Expert slots per layer over all GPUs, replicas included; default: 288, or close to it.",
      valueName: "count"))
  var replicas: Int?

  @Option(
    help: ArgumentHelp(
      "Nodes that share a layer; default: 4, or fewer that divide the GPUs.", valueName: "count"))
  var nodes: Int?

  @Option(
    help: ArgumentHelp("GPUs that share a layer; default: 32, or close to it.", valueName: "count"))
  var gpus: Int?

  @Option(
    help: ArgumentHelp(
      "Layers, each planned separately; default: 4, or the layers of the trace.", valueName: "count"
    ))
  var layers: Int?

  @Option(help: ArgumentHelp("Hours of traffic.", valueName: "count"))
  var hours = 12

  @Option(
    help: ArgumentHelp(
      "Domains of requests, each with its own experts; default: 4, or those of the trace.",
      valueName: "count"))
  var domains: Int?

  @Option(
    help: ArgumentHelp(
      "Length of the window that a plan is based on, in minutes.", valueName: "minutes"))
  var window = 10

  @Option(
    help: ArgumentHelp("Minutes between plans, separated by commas.", valueName: "minutes,minutes"))
  var every = CommaSeparated([1, 5, 10, 30, 60])

  @Option(
    help: ArgumentHelp(
      "Tolerated maximum GPU load, relative to a fresh plan's, before experts move.",
      valueName: "ratio"))
  var threshold = Replanning.usualThreshold

  @Option(help: ArgumentHelp("Seed of the traffic.", valueName: "number"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "Model that gives the experts and their bytes: a name of the catalogue, or a config.json.",
      valueName: "name"))
  var model = "deepseek-v3"

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  @OptionGroup var results: StudyOptions

  func validate() throws {
    try every.check("every", least: 1)
    if counts != nil, layers != nil || domains != nil {
      throw CommandProblem.usage(
        "--layers and --domains cannot be combined with a trace: it has its own")
    }
  }

  mutating func run() throws {
    let model = try ExpertModel.named(model)
    guard let experts = model.experts, let node = NodeSpec.catalogue.first else { return }
    let study = try results.keeping("experts drift") {
      let traffic = try traffic(experts)
      return try DriftStudy(
        mix: traffic.mix,
        sizes: .defaults(
          replicas: replicas, groups: traffic.groups, nodes: nodes, gpus: gpus,
          experts: traffic.mix.experts),
        windowMinutes: window, threshold: threshold, expertBytes: model.expertBytes,
        bytesPerSecond: node.networkPerGPU.value
      ).study(everyMinutes: every.values, origin: traffic.origin)
    }
    try emit(study, format)
  }

  private func traffic(_ experts: ExpertSpec) throws -> DriftTraffic {
    try DriftTraffic.check(layers: layers, hours: hours, domains: domains)
    guard let counts else {
      return DriftTraffic(experts, layers: layers, domains: domains, hours: hours, seed: seed)
    }
    if FileManager.default.fileExists(atPath: counts), !CountsFile.isSQLite(counts) {
      throw CommandProblem.badData(
        counts, "has no domains to mix", advice: "expected: a file that dsv3sim moe trace wrote")
    }
    let (trace, hash) = try TraceFile.load(counts)
    return try DriftTraffic(trace, of: counts, hash: hash, hours: hours, seed: seed)
  }
}
