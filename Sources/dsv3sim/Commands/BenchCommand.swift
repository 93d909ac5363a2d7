// `dsv3sim bench`: speed of the simulator on this machine, the only result that is not byte-stable.

import ArgumentParser
import Benchmarking
import Experiments
import MoEEngine

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure the simulator on this machine.",
    subcommands: [
      BenchKernelCommand.self, BenchNetworkCommand.self, BenchEngineCommand.self,
      BenchPlacementCommand.self, BenchServingCommand.self,
    ])
}

struct BenchKernelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel",
    abstract: "Measure events per second and allocations per event of the event kernel.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws {
    let progress = Progress("figures")
    let report = KernelReport(
      KernelBenchmark.figures { progress.tell($0, of: $1) })
    try emit(format == .json ? report.json() : report.table())
  }
}

struct BenchEngineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine",
    abstract: "Measure training tokens per second, and the bound set by matrix products.",
    discussion: "One thread is timed by CPU time, several by wall-clock time: run nothing else.")

  @Option(help: "Model and batch sizes.")
  var preset = Preset.small
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Threads to train on; one by default, whose CPU time is taken.", valueName: "count"))
  var jobs = 1
  @Option(
    help: ArgumentHelp(
      "Timed steps; the fastest counts, so that other programs disturb less.", valueName: "count"))
  var steps = 5
  @Option(help: "Form of the result.") var format = ListFormat.table

  func validate() throws {
    try check([("jobs", jobs, 1...1_024), ("steps", steps, 1...1_000)])
  }

  mutating func run() throws {
    let progress = Progress("steps")
    let report = try EngineReport([
      EngineBenchmark.figure(preset, threads: jobs, workers: .threads(jobs), steps: steps) {
        progress.tell($0, of: $1)
      }
    ])
    try emit(format == .json ? report.json() : report.table())
  }
}

struct BenchPlacementCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "placement",
    abstract: "Measure time and quality of expert placement for 58 layers on 144 GPUs.")

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  mutating func run() throws {
    let progress = Progress("policies")
    let report = PlacementReport(
      PlacementBenchmark.figures { progress.tell($0, of: $1) })
    try emit(format == .json ? report.json() : report.table())
  }
}
