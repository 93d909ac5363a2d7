// `dsv3sim hardware` and `dsv3sim models`: the catalogues with their sources.

import ArgumentParser
import Cluster
import ModelCost
import Reports
import Units

struct HardwareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hardware",
    abstract: "List GPUs, nodes and topologies with the source of each figure.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    switch format {
    case .table: try emit(table)
    case .json: try emit(json)
    }
  }

  private var table: String {
    var gpus = TextTable(columns: [
      ("GPU", .left), ("SMs", .right), ("BF16", .right), ("FP8", .right), ("memory", .right),
      ("bandwidth", .right), ("NVLink/direction", .right), ("TDP", .right), ("price", .right),
    ])
    for gpu in GPUSpec.catalogue {
      gpus.addRow([
        gpu.name, "\(gpu.smCount)", "\(significantText(gpu.bf16Peak.value / 1e12)) TFLOP/s",
        gpu.fp8Peak.map { "\(significantText($0.value / 1e12)) TFLOP/s" } ?? "none",
        memoryText(bytes: gpu.memory.value),
        "\(significantText(gpu.memoryBandwidth.value / 1e12)) TB/s",
        "\(significantText(gpu.nvlinkPerDirection.value / 1e9)) GB/s",
        "\(significantText(gpu.thermalDesignPower.value)) W",
        "$\(significantText(gpu.price.value))/h",
      ])
    }
    var nodes = TextTable(columns: [
      ("node", .left), ("GPUs", .right), ("NIC of a GPU", .right), ("NVLink latency", .right),
      ("network latency", .right),
    ])
    for node in NodeSpec.catalogue {
      nodes.addRow([
        node.name, "\(node.gpusPerNode) x \(node.gpu.name)",
        "\(significantText(node.nicPerDirection.value * 8 / 1e9)) Gb/s",
        "\(significantText(node.nvlinkLatency.value * 1e6)) us",
        "\(significantText(node.networkLatency.value * 1e6)) us",
      ])
    }
    let sources =
      GPUSpec.catalogue.map { ($0.name, $0.sources) }
      + NodeSpec.catalogue.map { ("node \($0.name)", $0.sources) }
    let lines = sources.flatMap { name, fields in
      fields.map { "  \(name), \($0.field): \($0.source)\n" }
    }
    let kinds = TopologyKind.catalogue.map { "  topology \($0.name): \($0.source)\n" }
    return gpus.text + "\n" + nodes.text + "\n" + TopologyList.table + "\nsources\n"
      + lines.joined() + kinds.joined()
  }

  private var json: String {
    let gpus = GPUSpec.catalogue.map { gpu in
      JSONValue.object([
        ("name", .text(gpu.name)), ("sms", .integer(Int64(gpu.smCount))),
        ("bf16_peak_flops_per_s", .real(gpu.bf16Peak.value)),
        ("fp8_peak_flops_per_s", gpu.fp8Peak.map { .real($0.value) } ?? .null),
        ("memory_bytes", .real(gpu.memory.value)),
        ("memory_bandwidth_bytes_per_s", .real(gpu.memoryBandwidth.value)),
        ("nvlink_bytes_per_s", .real(gpu.nvlinkPerDirection.value)),
        ("tdp_w", .real(gpu.thermalDesignPower.value)),
        ("price_usd_per_gpu_hour", .real(gpu.price.value)), ("sources", sources(gpu.sources)),
      ])
    }
    let nodes = NodeSpec.catalogue.map { node in
      JSONValue.object([
        ("name", .text(node.name)), ("gpu", .text(node.gpu.name)),
        ("gpus_per_node", .integer(Int64(node.gpusPerNode))),
        ("nic_bytes_per_s", .real(node.nicPerDirection.value)),
        ("nvlink_latency_s", .real(node.nvlinkLatency.value)),
        ("network_latency_s", .real(node.networkLatency.value)),
        ("sources", sources(node.sources)),
      ])
    }
    let all = JSONValue.object([
      ("gpus", .array(gpus)), ("nodes", .array(nodes)), ("topologies", TopologyList.json),
    ])
    return all.description + "\n"
  }

  private func sources(_ fields: [FieldSource]) -> JSONValue {
    .object(fields.map { ($0.field, .text($0.source)) })
  }
}

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List models with parameters, FLOPs, KV bytes and source.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    switch format {
    case .table:
      var table = TextTable(columns: [
        ("model", .left), ("layers", .right), ("parameters", .right), ("active", .right),
        ("KV bytes/token", .right), ("source", .left),
      ])
      for model in ModelSpec.catalogue {
        table.addRow([
          model.name, "\(model.layers)",
          "\(significantText(Double(model.mainParameters) / 1e9)) B",
          "\(significantText(Double(model.activeParameters) / 1e9)) B",
          "\(model.kvBytesPerToken(.bf16))", model.source,
        ])
      }
      try emit(table.text)
    case .json:
      let models = ModelSpec.catalogue.map { model in
        JSONValue.object([
          ("name", .text(model.name)), ("layers", .integer(Int64(model.layers))),
          ("hidden", .integer(Int64(model.hidden))),
          ("parameters", .integer(Int64(model.mainParameters))),
          ("active_parameters", .integer(Int64(model.activeParameters))),
          ("mtp_parameters", .integer(Int64(model.mtpParameters))),
          (
            "training_flops_per_token_causal_4096",
            .real(model.trainingFLOPs(.causal(sequence: 4096)))
          ),
          ("training_flops_per_token_full_4096", .real(model.trainingFLOPs(.full(sequence: 4096)))),
          ("kv_bytes_per_token_bf16", .integer(Int64(model.kvBytesPerToken(.bf16)))),
          ("source", .text(model.source)),
        ])
      }
      try emit(JSONValue.array(models).description + "\n")
    }
  }
}
