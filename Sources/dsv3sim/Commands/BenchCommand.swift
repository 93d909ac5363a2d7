// `dsv3sim bench`: speed on this machine. Its own speed is the only result that is not
// byte-stable.

import ArgumentParser
import Benchmarking
import Experiments
import MoEEngine

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the simulator on this machine.",
    subcommands: [
      BenchKernelCommand.self, BenchNetworkCommand.self, BenchEngineCommand.self,
      BenchPlacementCommand.self, BenchInferenceCommand.self,
    ])
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

struct BenchEngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Tokens per second of training, and the limit that its matrix products set.",
    discussion: "One thread is timed by its CPU time, several by wall time: let nothing else run.")

  @Option(help: "Sizes of model and batch: tiny, small or v3-router.")
  var preset = Preset.small
  @Option(name: [.short, .long], help: "Cores to train on.") var jobs = 1
  @Option(help: "Timed steps, of which the fastest counts.") var steps = 5
  @Option(help: "table or json.") var format = ListFormat.table

  func validate() throws {
    try check([("jobs", jobs, 1...1_024), ("steps", steps, 1...1_000)])
  }

  mutating func run() throws {
    let report = try EngineReport([
      EngineBenchmark.figure(preset, threads: jobs, workers: .threads(jobs), steps: steps)
    ])
    try emit(format == .json ? report.json() : report.table())
  }
}

struct BenchPlacementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "placement",
    abstract: "Time to plan the experts of 58 layers on 144 GPUs, beside how good the plans are.")

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func run() throws {
    let report = PlacementReport(PlacementBenchmark.figures())
    try emit(format == .json ? report.json() : report.table())
  }
}
