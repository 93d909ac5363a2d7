// `dsv3sim experts`: expert placement, the benefit of redundant experts, and drifting loads.

import ArgumentParser
import Experiments
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

/// Slots, machine and policy of a placement.
struct PlacementOptions: ParsableArguments {
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

struct ExpertsPlaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Plan a placement: one row per layer, or the maps that serving engines read.")

  @Argument(help: CountsFile.help, completion: .file())
  var counts: String?

  @Option(
    help: ArgumentHelp(
      "JSON of an engine: counts (logical_count) to plan for, or a placement to convert and show"
        + " instead of a plan.", valueName: "file"), completion: .file())
  var from: String?

  @OptionGroup var input: PlacementOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Write the placement as the file that this engine loads, to stdout or -o FILE.",
      valueName: "engine"))
  var engine: PlacementEngine?

  @Option(
    help: ArgumentHelp(
      "Layers before the first one with experts: SGLang expects rows for them too, from others"
        + " the first rows of --from are left out.", valueName: "count"))
  var denseLayers = 0

  @Option(help: "Form of the result; json has physical_to_logical_map and its inverse.")
  var format = ListFormat.table

  @OptionGroup var results: StudyFiles

  func validate() throws {
    if engine == nil, from == nil, denseLayers != 0 { throw PlacementSource.needsEngine }
  }

  mutating func run() throws {
    var (source, map): (PlacementSource?, EngineMap?)
    let study = try results.keeping(
      "experts place", picture: "heatmap", writesJSON: engine != nil
    ) {
      let start = try PlacementSource(
        counts: counts, from: from, engine: engine, denseLayers: denseLayers)
      source = start
      let study = try input.study(start.loads, placement: start.placement)
      map = try engine.map {
        try EngineMap(
          study.placement, for: $0, gpus: input.machine.gpus, denseLayers: start.missingLayers,
          emptyLayers: start.loads.emptyLayers)
      }
      return study.study(
        .placement, policy: start.placement == nil ? input.policy.rawValue : "given")
    }
    source?.tell()
    guard let map else { return try emit(study, format) }
    map.remarks.forEach(remark)
    guard let file = results.jsonFile else { return try emit(map.text) }
    try OutputFile(file).write(map.text)
    remark("placement in \(file)")
  }
}

extension PlacementEngine: ExpressibleByArgument {}

struct ExpertsEvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluate a plan on counts other than its own, or a given placement.")

  @Argument(help: CountsFile.help, completion: .file())
  var counts: String

  @OptionGroup var input: PlacementOptions

  @Option(
    help: ArgumentHelp(
      "File of counts to evaluate on; default: the counts of the plan.", valueName: "file"),
    completion: .file())
  var measured: String?

  @Option(
    help: ArgumentHelp(
      "Placement of an engine in JSON (sglang, vllm, ascend), to evaluate instead of a plan.",
      valueName: "file"),
    completion: .file())
  var placement: String?

  @Option(
    help: ArgumentHelp(
      "First rows of --placement to leave out: those of dense layers.", valueName: "count"))
  var denseLayers = 0

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  @OptionGroup var results: StudyOptions

  func validate() throws {
    if placement == nil, denseLayers != 0 {
      throw CommandProblem.usage("--dense-layers needs --placement")
    }
  }

  mutating func run() throws {
    let study = try results.keeping("experts evaluate") {
      let planned = try CountsFile(counts)
      let met = try measured.map { try CountsFile($0) }
      let given = try placement.map {
        try PlacementMap(text: MeasuredText.read($0), file: $0)
          .placement(for: planned.loads, denseLayers: denseLayers)
      }
      let study = try input.study(planned.loads, measured: met?.loads, placement: given)
      planned.tell()
      met?.tell()
      return study.study(.evaluation, policy: given == nil ? input.policy.rawValue : "given")
    }
    try emit(study, format)
  }
}
