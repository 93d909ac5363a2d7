// `dsv3sim experts sweep` and `dsv3sim experts drift`: memory against balance, and time.

import ArgumentParser
import Cluster
import Experiments
import Foundation
import ModelCost
import Reports
import Routing
import Units

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

  mutating func run() throws {
    let sweep = try RedundancySweep(
      loads: CountsFile.load(counts), redundant: redundant, groups: machine.groups,
      nodes: machine.nodes, gpus: machine.gpus,
      expertBytes: ExpertModel.named(model).expertBytes)
    if let svg {
      try OutputFile(svg).write(picture(sweep.rows))
      remark("front in \(svg)")
    }
    try emit(format == .json ? json(sweep.rows) : text(sweep.rows))
  }

  private func picture(_ rows: [RedundancyRow]) -> String {
    ParetoSVG(
      title: "Redundant experts on \(machine.gpus) GPUs: memory against balance",
      points: rows.map { row in
        ParetoSVG.Point(
          label: "\(row.redundant)", bytes: row.bytesPerGPU, eplb: row.eplb, best: row.best,
          bound: row.bound, isFront: row.isPareto)
      }
    ).text
  }

  private func text(_ rows: [RedundancyRow]) -> String {
    var table = TextTable(columns: [
      ("redundant", .right), ("slots/GPU", .right), ("expert memory/GPU", .right),
      ("eplb", .right), ("best", .right), ("bound", .right), ("pareto", .left),
    ])
    for row in rows {
      table.addRow([
        "\(row.redundant)", "\(row.slotsPerGPU)", memoryText(bytes: row.bytesPerGPU),
        significantText(row.eplb), significantText(row.best), significantText(row.bound),
        row.isPareto ? "yes" : "",
      ])
    }
    return table.text + "\nmax/mean of GPU load, layers weighted by their load;"
      + " pareto: no smaller number is as even\n"
  }

  private func json(_ rows: [RedundancyRow]) -> String {
    JSONValue.array(
      rows.map { row in
        .object([
          ("redundant_experts", .integer(Int64(row.redundant))),
          ("slots_per_gpu", .integer(Int64(row.slotsPerGPU))),
          ("expert_bytes_per_gpu", .real(row.bytesPerGPU)), ("imbalance_eplb", .real(row.eplb)),
          ("imbalance", .real(row.best)), ("bound", .real(row.bound)),
          ("is_pareto", .bool(row.isPareto)),
        ])
      }
    ).description + "\n"
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

  mutating func run() throws {
    let model = try ExpertModel.named(model)
    guard let experts = model.experts, let node = NodeSpec.catalogue.first else { return }
    try checkExtents()
    let (mix, groups, origin) = try traffic(experts)
    let study = try DriftStudy(
      mix: mix,
      sizes: .usual(
        replicas: replicas, groups: groups, nodes: nodes, gpus: gpus, experts: mix.experts),
      windowMinutes: window, threshold: threshold, expertBytes: model.expertBytes,
      bytesPerSecond: node.nicPerDirection.value)
    let result = study.run(everyMinutes: every)
    try emit(format == .json ? json(result) : text(result, origin))
  }

  func validate() throws {
    if counts != nil, layers != nil || domains != nil {
      throw ValidationError(
        "--layers and --domains cannot stand beside --counts: the trace has its own")
    }
  }

  /// The traffic, the groups of its gate, and where its loads come from.
  private func traffic(_ experts: ExpertSpec) throws -> (DomainMix, Int, String) {
    guard let counts else {
      let domains = domains ?? DomainMix.assumedDomains
      let mix = DomainMix(
        layers: layers ?? Self.usualLayers, experts: experts.routed, topK: experts.topK,
        domains: domains, minutes: hours * 60, seed: seed)
      let origin =
        "synthetic traffic: \(domains) domains with log-normal expert loads"
        + " (sigma \(significantText(DomainMix.assumedDomainSigma))) that mix by the hour, not a"
        + " trace"
      return (mix, experts.groups, origin)
    }
    if FileManager.default.fileExists(atPath: counts), !CountsFile.isSQLite(counts) {
      throw CommandFailure(
        status: 65,
        message: "error: \(counts): has no domains to mix\n"
          + "  expected: a file that dsv3sim moe trace wrote")
    }
    let (trace, hash) = try TraceFile.load(counts)
    let seen = Set(trace.steps.flatMap(\.domains))
    guard trace.domains.indices.allSatisfy({ seen.contains(UInt8($0)) }) else {
      throw CommandFailure(
        status: 65, message: "error: \(counts): a domain of its trace has no text")
    }
    let origin =
      "expert loads of \(trace.domains.joined(separator: ", ")) in \(trace.layers.count) routers:"
      + " trace \(hash.prefix(12)); their mix by the hour is synthetic"
    return (DomainMix(trace, minutes: hours * 60, seed: seed), trace.gate.groups, origin)
  }

  /// Layers of synthetic traffic.
  private static let usualLayers = 4

  private func checkExtents() throws {
    let limits = [
      ("layers", layers ?? 1, 1000), ("hours", hours, 168), ("domains", domains ?? 1, 64),
    ]
    let problems = limits.compactMap { name, value, most in
      (1...most).contains(value)
        ? nil
        : "error: \(name) \"\(value)\"\n  expected: 1 to \(most)   nearest: "
          + "\(min(max(value, 1), most))"
    }
    guard problems.isEmpty else { throw PlacementProblems(problems) }
  }

  private func text(_ result: (oracle: Double, rows: [DriftRow]), _ origin: String) -> String {
    var table = TextTable(columns: [
      ("plan every", .left), ("max/mean", .right), ("lost to oracle", .right),
      ("saved against never", .right), ("experts moved", .right), ("bytes moved", .right),
      ("time to move", .right),
    ])
    for row in result.rows {
      table.addRow([
        row.everyMinutes.map { "\($0) min" } ?? "never", significantText(row.imbalance),
        percentText(row.lostToOracle), percentText(row.savedAgainstNever), "\(row.moved)",
        memoryText(bytes: row.movedBytes), durationText(seconds: row.moveSeconds),
      ])
    }
    return table.text
      + "\noracle (planned on the minute that it meets): \(significantText(result.oracle))\n"
      + wrappedText(origin, width: 100).map { "\($0)\n" }.joined()
      + "shares are of the time that evenly loaded GPUs need\n"
      + "time to move: the GPU with the most to receive, over its NIC\n"
  }

  private func json(_ result: (oracle: Double, rows: [DriftRow])) -> String {
    let rows = result.rows.map { row in
      JSONValue.object([
        ("every_minutes", row.everyMinutes.map { .integer(Int64($0)) } ?? .null),
        ("imbalance", .real(row.imbalance)), ("lost_to_oracle_share", .real(row.lostToOracle)),
        ("saved_against_never_share", .real(row.savedAgainstNever)),
        ("moved_experts", .integer(Int64(row.moved))), ("moved_bytes", .real(row.movedBytes)),
        ("move_time_s", .real(row.moveSeconds)),
      ])
    }
    return JSONValue.object([
      ("oracle_imbalance", .real(result.oracle)), ("intervals", .array(rows)),
    ]).description + "\n"
  }
}
