// `dsv3sim moe stats`: what a stored trace says about balance and specialisation.

import ArgumentParser
import Foundation
import Reports
import Routing
import Units

struct MoEStatsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Report load skew, specialisation by domain, nodes and GPUs of a token.")

  @Argument(help: "A file that moe trace wrote.")
  var file: String

  @Option(help: "Number of the trace in the file; absent: the last.")
  var trace: Int64?

  @Option(help: "Nodes that share a layer's experts; absent: one for each group, or fewer.")
  var nodes: Int?

  @Option(help: "GPUs that share a layer's experts; absent: eight a node where they divide evenly.")
  var gpus: Int?

  @Option(name: [.short, .long], help: "SVG file for the heatmap of expert load by domain.")
  var output: String?

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let stored = try TraceFile.load(file, number: trace)
    let (nodeCount, gpuCount) = try machine(stored.trace.gate)
    let report = TraceReport(
      trace: stored.trace, hash: stored.hash, nodeCount: nodeCount, gpuCount: gpuCount)
    if let output {
      try OutputFile(output).write(report.heatmap)
      remark("heatmap in \(output)")
    }
    try emit(format == .json ? report.json : report.text)
  }

  /// Nodes and GPUs as written, or those that go with what is.
  private func machine(_ gate: Gate) throws -> (nodes: Int, gpus: Int) {
    let dividing = gpus.map { gpus in (1...max(1, gate.groups)).last { gpus % $0 == 0 } ?? 1 }
    let nodeCount = nodes ?? dividing ?? gate.groups
    // Eight GPUs a node, if that many divide the experts; zero nodes are refused below.
    let eights = nodeCount.multipliedReportingOverflow(by: 8).partialValue
    let gpuCount = gpus ?? (eights > 0 && gate.experts % eights == 0 ? eights : nodeCount)
    guard nodeCount > 0, gpuCount > 0, gpuCount % nodeCount == 0, gate.experts % gpuCount == 0
    else {
      let words = [nodes.map { "--nodes \"\($0)\"" }, gpus.map { "--gpus \"\($0)\"" }]
      let written = words.compactMap { $0 }
      let verb = written.count == 1 ? "does" : "do"
      throw CommandFailure(
        status: 64,
        message: "error: \(written.joined(separator: " and ")) \(verb) not divide the"
          + " \(gate.experts) experts evenly\n  expected: nodes that divide the GPUs, GPUs that"
          + " divide the experts")
    }
    return (nodeCount, gpuCount)
  }
}

/// The statistics of a trace as text, JSON and picture.
struct TraceReport {
  let trace: RoutingTrace
  let hash: String
  let nodeCount: Int
  let gpuCount: Int
  private let layers: [RoutingStatistics]

  init(trace: RoutingTrace, hash: String, nodeCount: Int, gpuCount: Int) {
    self.trace = trace
    self.hash = hash
    self.nodeCount = nodeCount
    self.gpuCount = gpuCount
    layers = trace.layers.indices.map {
      RoutingStatistics(trace, layer: $0, nodeCount: nodeCount, gpuCount: gpuCount)
    }
  }

  private var acceptance: Double? {
    let origin = trace.origin
    return origin.drafts > 0 ? Double(origin.acceptedDrafts) / Double(origin.drafts) : nil
  }

  var text: String {
    let (origin, gate) = (trace.origin, trace.gate)
    var balance = TextTable(columns: [
      ("layer", .left), ("max/mean", .right), ("sigma ln", .right), ("MaxVio", .right),
      ("MaxVio, batch", .right), ("information", .right), ("neighbours", .right),
      ("nodes/token", .right), ("GPUs/token", .right), ("gate score", .right),
    ])
    for layer in layers {
      balance.addRow([
        layer.layer, significantText(layer.maxViolation + 1), significantText(layer.sigma),
        significantText(layer.maxViolation), significantText(layer.batchMaxViolation),
        "\(significantText(layer.mutualInformation)) bit",
        significantText(layer.neighbourJaccard), significantText(layer.copies.nodes),
        significantText(layer.copies.gpus), significantText(layer.meanScore),
      ])
    }
    var domains = TextTable(
      columns: [("layer", .left)]
        + trace.domains.flatMap {
          [("\($0): max/mean", TextTable.Alignment.right), ("sigma ln", .right)]
        })
    for layer in layers {
      domains.addRow(
        [layer.layer]
          + trace.domains.indices.flatMap {
            [
              significantText(layer.maxOverMean(domain: $0)),
              significantText(layer.sigma(domain: $0)),
            ]
          })
    }
    let mtp = acceptance.map {
      "MTP: \(origin.acceptedDrafts) of \(origin.drafts) drafts accepted, \(percentText($0))\n"
    }
    return "trace \(hash)\n"
      + "\(origin.preset), seed \(origin.seed), \(origin.trainedSteps) steps, balance"
      + " \(origin.balance), \(trace.steps.count) steps of \(trace.tokenCount) tokens kept\n"
      + "\(gate.experts) experts in \(gate.groups) groups, top-\(gate.topK) of at most"
      + " \(gate.groupLimit) groups; \(gpuCount) GPUs on \(nodeCount) nodes\n\n"
      + "Balance over all domains; information is that of an expert about the domain\n"
      + balance.text + "\nExpert load by domain\n" + domains.text
      + (mtp.map { "\n" + $0 } ?? "") + "\nmade by: \(origin.command)\n"
  }

  var json: String {
    let origin = trace.origin
    let rows = layers.map { layer in
      JSONValue.object([
        ("layer", .text(layer.layer)), ("rows", .integer(Int64(layer.rows))),
        ("max_over_mean", .real(layer.maxViolation + 1)), ("sigma_ln", .real(layer.sigma)),
        ("max_violation", .real(layer.maxViolation)),
        ("batch_max_violation", .real(layer.batchMaxViolation)),
        ("mutual_information_bits", .real(layer.mutualInformation)),
        ("neighbour_jaccard", .real(layer.neighbourJaccard)),
        ("nodes_per_token", .real(layer.copies.nodes)),
        ("gpus_per_token", .real(layer.copies.gpus)), ("mean_gate_score", .real(layer.meanScore)),
        (
          "domains",
          .array(
            trace.domains.enumerated().map { domain, name in
              .object([
                ("domain", .text(name)),
                ("max_over_mean", .real(layer.maxOverMean(domain: domain))),
                ("sigma_ln", .real(layer.sigma(domain: domain))),
                ("visits", .array(layer.visits[domain].map { .integer(Int64($0)) })),
              ])
            })
        ),
      ])
    }
    return JSONValue.object([
      ("trace_sha256", .text(hash)), ("preset", .text(origin.preset)),
      ("seed", .text(String(origin.seed))), ("trained_steps", .integer(Int64(origin.trainedSteps))),
      ("balance", .text(origin.balance)), ("corpus_sha256", .text(origin.corpusHash)),
      ("program_version", .text(origin.programVersion)), ("command", .text(origin.command)),
      ("traced_steps", .integer(Int64(trace.steps.count))),
      ("tokens", .integer(Int64(trace.tokenCount))), ("nodes", .integer(Int64(nodeCount))),
      ("gpus", .integer(Int64(gpuCount))),
      ("mtp_acceptance", acceptance.map { .real($0) } ?? .null),
      ("layers", .array(rows)),
    ]).description + "\n"
  }

  /// A panel for each domain: layers down, experts across, load over the mean as colour.
  var heatmap: String {
    HeatmapSVG(
      title: "Expert load by domain, \(trace.origin.preset), balance \(trace.origin.balance)",
      panels: trace.domains.enumerated().map { domain, name in
        HeatmapSVG.Panel(
          title: name,
          rows: layers.map { layer in
            (0..<trace.gate.experts).map { layer.relativeLoad(domain: domain, expert: $0) }
          })
      },
      scaleNote: "load of an expert / mean of the domain", columnName: "expert"
    ).text
  }
}
