// `dsv3sim bench`: speed on this machine. The only command whose result is not byte-stable.

import ArgumentParser
import Benchmarking

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the simulator on this machine.",
    subcommands: [BenchKernelCommand.self, BenchNetworkCommand.self])
}

struct BenchKernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Events per second of the event kernel, allocations per event."
  )

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let report = KernelReport(KernelBenchmark.figures())
    try emit(format == .json ? report.json() : report.table())
  }
}
