// `dsv3sim kernels`: every kernel of every kind of layer, opened up.

import ArgumentParser
import Cluster
import ModelCost
import Reports
import Scenarios
import Training
import Units

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "List each operation of each kind of layer: shape, work, time, bound, source.")

  @OptionGroup var input: ScenarioOptions

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let scenario = try input.load()
    if case .trainingStep(let spec) = scenario.question {
      let list = KernelList(spec, scenario)
      try emit(format == .json ? list.json : list.text)
    }
    if case .inferenceStep(let spec) = scenario.question {
      let list = InferenceKernelList(spec, scenario)
      try emit(format == .json ? list.json : list.text)
    }
  }
}

extension KernelShape {
  /// Rows of a kernel that moves data; extents and their count of any other.
  var text: String {
    guard n != 1 || k != 1 else { return "\(m) rows" }
    let cached = cached > 0 ? " after \(cached)" : ""
    return (groups > 1 ? "\(groups) x " : "") + "[\(m)\(cached), \(n), \(k)]"
  }
}

/// The kernels of a scenario with their times.
struct KernelList {
  private let rows: [Row]

  private struct Row {
    var layer: LayerKind
    var part: LayerKernels.Part
    var pass: LayerKernels.Pass
    var kernel: Kernel
    var sms: Int
    var time: KernelTime
  }

  init(_ spec: TrainingSpec, _ scenario: Scenario) {
    let costs = BlockCosts(spec: spec, model: scenario.model, cluster: scenario.cluster)
    let kinds = LayerKind.allCases.filter { kind in
      switch kind {
      case .moe: scenario.model.experts != nil
      case .dense: scenario.model.denseLayers > 0
      case .mtp: spec.trainsMTP && scenario.model.mtpModules > 0
      case .embedding, .head: true
      }
    }
    rows = kinds.flatMap { kind in
      costs.timedKernels(of: kind).map {
        Row(
          layer: kind, part: $0.part, pass: $0.pass, kernel: $0.kernel, sms: $0.sms, time: $0.time)
      }
    }
    exchange = costs.exchangeSeconds
    groupRows = kinds.flatMap { kind in
      costs.timedExchanges(of: kind).map {
        GroupRow(
          layer: kind, part: $0.part, pass: $0.pass, name: $0.name, bytes: $0.bytes,
          seconds: $0.seconds)
      }
    }
    communicationSMs = spec.communicationSMs
  }

  private let exchange: (dispatch: Double, combine: Double)?
  private let groupRows: [GroupRow]

  /// What a GPU sends to those that share its tensors or sequences.
  private struct GroupRow {
    var layer: LayerKind
    var part: LayerKernels.Part
    var pass: LayerKernels.Pass
    var name: String
    var bytes: Double
    var seconds: Double
  }
  private let communicationSMs: Int

  var text: String {
    var table = TextTable(columns: [
      ("layer", .left), ("pass", .left), ("part", .left), ("kernel", .left),
      ("shape [m, n, k]", .right), ("GFLOP", .right), ("MB", .right), ("SMs", .right),
      ("us", .right), ("bound by", .left), ("source", .left),
    ])
    for row in rows {
      table.addRow([
        row.layer.rawValue, row.pass.rawValue, row.part.rawValue, row.kernel.name,
        row.kernel.shape.text, significantText(row.kernel.flops / 1e9),
        significantText(row.kernel.bytes / 1e6),
        "\(row.sms)", significantText(row.time.seconds * 1e6), row.time.boundBy.rawValue,
        row.time.source,
      ])
    }
    if let exchange {
      for (name, seconds) in [("dispatch", exchange.dispatch), ("combine", exchange.combine)] {
        table.addRow([
          "moe", "both", "exchange", name, "", "0", "", "\(communicationSMs)",
          significantText(seconds * 1e6), "network", "ep.v0.normal, ep.v1.ep16",
        ])
      }
    }
    for row in groupRows {
      table.addRow([
        row.layer.rawValue, row.pass.rawValue, row.part.rawValue, row.name, "", "0",
        significantText(row.bytes / 1e6), "0", significantText(row.seconds * 1e6), "network",
        "ring over links",
      ])
    }
    return table.text
  }

  var json: String {
    var values = rows.map { row in
      JSONValue.object([
        ("layer", .text(row.layer.rawValue)), ("pass", .text(row.pass.rawValue)),
        ("part", .text(row.part.rawValue)), ("kernel", .text(row.kernel.name)),
        ("class", .text(row.kernel.kernelClass.rawValue)),
        ("precision", .text(row.kernel.precision.rawValue)),
        ("groups", .integer(Int64(row.kernel.shape.groups))),
        ("m", .integer(Int64(row.kernel.shape.m))), ("n", .integer(Int64(row.kernel.shape.n))),
        ("k", .integer(Int64(row.kernel.shape.k))), ("flops", .real(row.kernel.flops)),
        ("bytes", .real(row.kernel.bytes)), ("sms", .integer(Int64(row.sms))),
        ("time_s", .real(row.time.seconds)), ("bound_by", .text(row.time.boundBy.rawValue)),
        ("efficiency", .real(row.time.efficiency)), ("source", .text(row.time.source)),
      ])
    }
    if let exchange {
      for (name, seconds) in [("dispatch", exchange.dispatch), ("combine", exchange.combine)] {
        values.append(
          .object([
            ("layer", .text("moe")), ("part", .text("exchange")), ("kernel", .text(name)),
            ("sms", .integer(Int64(communicationSMs))), ("time_s", .real(seconds)),
            ("bound_by", .text("network")), ("source", .text("ep.v0.normal, ep.v1.ep16")),
          ]))
      }
    }
    values += groupRows.map { row in
      .object([
        ("layer", .text(row.layer.rawValue)), ("pass", .text(row.pass.rawValue)),
        ("part", .text(row.part.rawValue)), ("kernel", .text(row.name)),
        ("bytes", .real(row.bytes)), ("sms", .integer(0)), ("time_s", .real(row.seconds)),
        ("bound_by", .text("network")), ("source", .text("ring over links")),
      ])
    }
    return JSONValue.array(values).description + "\n"
  }
}
