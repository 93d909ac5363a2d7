// `dsv3sim kernels`: every kernel of every kind of layer.

import ArgumentParser
import Experiments
import Recording

struct KernelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "List each operation of each kind of layer: shape, work, time, bound, source.")

  @OptionGroup var input: ScenarioOptions

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws {
    try emit(Study.kernels(of: input.load()), format)
  }
}
