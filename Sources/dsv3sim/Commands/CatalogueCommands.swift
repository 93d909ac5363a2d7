// `dsv3sim hardware` and `dsv3sim models`: the catalogues with their sources.

import ArgumentParser
import Experiments
import Recording

struct HardwareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hardware",
    abstract: "List GPUs, nodes and topologies with the source of each figure.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws { try emit(.hardware, format) }
}

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List models with parameters, FLOPs, KV bytes and source.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws { try emit(.models, format) }
}
