// `dsv3sim experts`: expert placement, the benefit of redundant experts, and drifting loads.

import ArgumentParser
import Experiments
import Foundation
import Routing
import Text

struct ExpertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experts", abstract: "Place experts on GPUs and evaluate the load balance.",
    subcommands: [
      ExpertsPlaceCommand.self, ExpertsEvaluateCommand.self, ExpertsSweepCommand.self,
      ExpertsDriftCommand.self,
    ])
}

extension PlacementPolicy: ExpressibleByArgument {}

/// The machine that experts are placed on.
struct PlacementMachineOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Number of expert groups of the gate.", valueName: "count"))
  var groups: Int

  @Option(
    help: ArgumentHelp(
      "Nodes that share a layer; if they divide the groups, no group is split.", valueName: "count")
  )
  var nodes: Int

  @Option(help: ArgumentHelp("GPUs that share a layer.", valueName: "count"))
  var gpus: Int
}

/// Loads, slots and machine of a placement.
struct PlacementOptions: ParsableArguments {
  @Argument(
    help: "CSV of counts, one row per layer and one column per expert; or a moe trace file.",
    completion: .file())
  var counts: String

  @Option(
    help: ArgumentHelp(
      "Expert slots per layer over all GPUs: experts and redundant replicas.", valueName: "count"))
  var replicas: Int

  @OptionGroup var machine: PlacementMachineOptions

  @Option(help: "Placement policy; best is never worse than eplb on any layer.")
  var policy = PlacementPolicy.best

  @Option(
    help: ArgumentHelp(
      "Experts per token, for InfiniBand messages; default: 8, or all if fewer.", valueName: "count"
    ))
  var topK: Int?

  @Option(
    help: ArgumentHelp(
      "Maximum groups per token, for InfiniBand messages; default: 4, or all if fewer.",
      valueName: "count"))
  var groupLimit: Int?

  @Option(
    help: ArgumentHelp("Seed of the tokens sampled for InfiniBand messages.", valueName: "number"))
  var seed: UInt64 = 1

  /// The study of these options.
  func study(
    _ loads: ExpertLoads, measured: ExpertLoads? = nil, placement: ExpertPlacement? = nil
  ) throws(PlacementProblem) -> PlacementStudy {
    try PlacementStudy(
      loads: loads, measured: measured, sizes: sizes, policy: policy, topK: topK,
      groupLimit: groupLimit, seed: seed, placement: placement)
  }

  /// The sizes as specified.
  var sizes: PlacementSizes {
    PlacementSizes(
      replicas: replicas, groups: machine.groups, nodes: machine.nodes, gpus: machine.gpus)
  }
}

/// Files of expert counts.
enum CountsFile {
  /// The loads in a CSV file, or in a results file with a routing trace.
  ///
  /// - Throws: `CommandProblem` for an unreadable file or one without a trace, `PlacementProblem`
  ///   for the content of a CSV file.
  static func load(_ path: String) throws -> ExpertLoads {
    if isSQLite(path) { return ExpertLoads(try TraceFile.load(path).trace) }
    return try ExpertLoads(csv: text(path), file: path)
  }

  /// Whether a file has the header of a SQLite database.
  static func isSQLite(_ path: String) -> Bool {
    guard let handle = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 16)).flatMap { $0 } == Data("SQLite format 3\0".utf8)
  }

  /// The text of a file.
  static func text(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandProblem.noInput(path, "no such file, or unreadable")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw CommandProblem.badData(path, "is not UTF-8 text")
    }
    return text
  }
}

struct ExpertsPlaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Plan a placement: one row per layer, or the maps that serving engines read.")

  @OptionGroup var input: PlacementOptions

  @Option(help: "Form of the result; json has physical_to_logical_map and its inverse.")
  var format = ListFormat.table

  @OptionGroup var results: StudyFiles

  mutating func run() throws {
    let study = try results.keeping("experts place", picture: "heatmap") {
      try input.study(CountsFile.load(input.counts))
        .study(.placement, policy: input.policy.rawValue)
    }
    try emit(study, format)
  }
}

struct ExpertsEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a plan on counts other than its own, or a given placement.")

  @OptionGroup var input: PlacementOptions

  @Option(
    help: ArgumentHelp(
      "CSV file of counts to evaluate on; default: the counts of the plan.", valueName: "file"),
    completion: .file())
  var measured: String?

  @Option(
    help: ArgumentHelp(
      "JSON file with physical_to_logical_map, to evaluate instead of a plan.", valueName: "file"),
    completion: .file())
  var placement: String?

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  @OptionGroup var results: StudyOptions

  mutating func run() throws {
    let study = try results.keeping("experts evaluate") {
      let loads = try CountsFile.load(input.counts)
      let given = try placement.map { try PlacementFile(path: $0).placement(of: loads) }
      return try input.study(
        loads, measured: measured.map { try CountsFile.load($0) }, placement: given
      ).study(.evaluation, policy: given == nil ? input.policy.rawValue : "given")
    }
    try emit(study, format)
  }
}

/// A placement written by another program.
struct PlacementFile: Decodable {
  private var physical_to_logical_map: [[Int]]

  /// Reads the file.
  ///
  /// - Throws: `CommandProblem` if it is missing or has another form.
  init(path: String) throws {
    let text = try CountsFile.text(path)
    guard let file = try? JSONDecoder().decode(PlacementFile.self, from: Data(text.utf8)) else {
      throw CommandProblem.badData(
        path, "is not a JSON object with physical_to_logical_map",
        advice: "expected: {\"physical_to_logical_map\": [[expert of each slot] of each layer]}")
    }
    self = file
  }

  /// The placement of every layer.
  ///
  /// - Throws: `PlacementProblem` for experts that do not exist or have no slot.
  func placement(of loads: ExpertLoads) throws(PlacementProblem) -> ExpertPlacement {
    var problems: [Explanation] = []
    for (layer, experts) in physical_to_logical_map.enumerated() {
      let unknown = experts.filter { !(0..<loads.experts).contains($0) }
      if let first = unknown.first {
        problems.append(
          Explanation(
            "layer \(layer) of the placement: expert \"\(first)\" does not exist",
            advice: ["expected: 0 to \(loads.experts - 1)"]))
      } else if let missing = (0..<loads.experts).first(where: { !experts.contains($0) }) {
        problems.append(
          Explanation("layer \(layer) of the placement: expert \(missing) has no slot"))
      }
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    return ExpertPlacement(
      layers: physical_to_logical_map.map {
        LayerPlacement(experts: $0, expertCount: loads.experts)
      })
  }
}
