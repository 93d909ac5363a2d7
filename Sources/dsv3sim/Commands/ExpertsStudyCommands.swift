// `dsv3sim experts sweep` and `dsv3sim experts drift`: memory against balance, and time.

import ArgumentParser
import Cluster
import Experiments
import Foundation
import ModelCost
import Routing

struct ExpertsSweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Balance and memory for several numbers of redundant experts.")

  @Option(help: "CSV of counts, a row a layer and a column an expert; or a file of moe trace.")
  var counts: String

  @OptionGroup var machine: PlacementMachineOptions

  @Option(
    help: "Numbers of redundant experts, separated by commas.",
    transform: { try Self.numbers($0, least: 0) })
  var redundant: [Int]

  @Option(help: "Model of the catalogue, for the bytes of an expert.")
  var model = "deepseek-v3"

  @Option(help: "table or json.")
  var format = ListFormat.table

  @Option(help: "SVG file that receives the front of memory against balance.")
  var svg: String?

  /// Whole numbers separated by commas.
  static func numbers(_ text: String, least: Int) throws -> [Int] {
    try text.split(separator: ",").map { part in
      guard let number = Int(part), number >= least else {
        throw ValidationError("\"\(part)\" is no whole number of at least \(least)")
      }
      return number
    }
  }

  @OptionGroup var results: StudyOptions

  mutating func run() throws {
    let study = try results.keeping("experts sweep") {
      try RedundancySweep(
        loads: CountsFile.load(counts), redundant: redundant, groups: machine.groups,
        nodes: machine.nodes, gpus: machine.gpus,
        expertBytes: ExpertModel.named(model).expertBytes
      ).study
    }
    try draw(study, as: "front", into: svg)
    try emit(study, format)
  }
}

/// The model whose experts are placed.
enum ExpertModel {
  /// The catalogue's model with a name.
  ///
  /// - Throws: `CommandFailure` where there is none with experts.
  static func named(_ name: String) throws -> ModelSpec {
    let known = ModelSpec.catalogue.filter { $0.experts != nil }
    guard let model = known.first(where: { $0.name == name }) else {
      throw CommandFailure(
        status: 65,
        message: "error: \"\(name)\" is no model of the catalogue with experts\n"
          + "  known: \(known.map(\.name).joined(separator: ", "))")
    }
    return model
  }
}

struct ExpertsDriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Plan on one window and meet the next, on traffic that changes by the hour.",
    discussion: "The domains' shares of the traffic are synthetic; their expert loads too, or those"
      + " of a trace.")

  @Option(help: "A file of moe trace, whose domains the traffic mixes; absent: synthetic domains.")
  var counts: String?

  @Option(
    help: "Slots for experts of a layer over all GPUs, replicas too; absent: 288, or near it.")
  var replicas: Int?

  @Option(help: "Nodes that share a layer; absent: 4, or fewer that divide the GPUs.")
  var nodes: Int?

  @Option(help: "GPUs that share a layer; absent: 32, or near it.")
  var gpus: Int?

  @Option(help: "Layers that are followed, each for itself; absent: 4, or those of the trace.")
  var layers: Int?

  @Option(help: "Hours of traffic.")
  var hours = 12

  @Option(
    help: "Kinds of requests, each with experts of its own; absent: 4, or those of the trace.")
  var domains: Int?

  @Option(help: "Minutes of counts that a plan is made on.")
  var window = 10

  @Option(
    help: "Minutes between plans, separated by commas.",
    transform: { try ExpertsSweepCommand.numbers($0, least: 1) })
  var every = [1, 5, 10, 30, 60]

  @Option(help: "How much fuller than the best plan a GPU may be before experts move.")
  var threshold = 1.02

  @Option(help: "Seed of the traffic.")
  var seed: UInt64 = 1

  @Option(help: "Model of the catalogue, for its experts and their bytes.")
  var model = "deepseek-v3"

  @Option(help: "table or json.")
  var format = ListFormat.table

  @OptionGroup var results: StudyOptions

  func validate() throws {
    if counts != nil, layers != nil || domains != nil {
      throw ValidationError(
        "--layers and --domains cannot stand beside --counts: the trace has its own")
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
        bytesPerSecond: node.nicPerDirection.value
      ).study(everyMinutes: every, origin: traffic.origin)
    }
    try emit(study, format)
  }

  private func traffic(_ experts: ExpertSpec) throws -> DriftTraffic {
    try DriftTraffic.check(layers: layers, hours: hours, domains: domains)
    guard let counts else {
      return DriftTraffic(experts, layers: layers, domains: domains, hours: hours, seed: seed)
    }
    if FileManager.default.fileExists(atPath: counts), !CountsFile.isSQLite(counts) {
      throw CommandFailure(
        status: 65,
        message: "error: \(counts): has no domains to mix\n"
          + "  expected: a file that dsv3sim moe trace wrote")
    }
    let (trace, hash) = try TraceFile.load(counts)
    return try DriftTraffic(trace, of: counts, hash: hash, hours: hours, seed: seed)
  }
}
