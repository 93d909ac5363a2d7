// `dsv3sim bench serving`: speed of services on this machine, and what services give under load.
// The latter is simulated, hence the same on every machine.

import ArgumentParser
import Benchmarking
import Experiments
import Foundation

struct BenchServingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serving",
    abstract: "Measure simulated requests per CPU second; simulate services over load and batch.")

  @Option(
    help: ArgumentHelp(
      "Requests of the larger of two timed services; 0 measures nothing.", valueName: "count"))
  var requests = 100_000

  @Option(
    help: ArgumentHelp(
      "Requests per second, separated by commas; default: those of each unit.",
      valueName: "rate,rate"))
  var loads: CommaSeparated<Double>?

  @Option(
    help: ArgumentHelp(
      "Users for each attention group that decodes, separated by commas.", valueName: "count,count")
  )
  var batches = CommaSeparated([1, 4, 16, 64])

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Points at a time; results do not depend on it.", valueName: "count"))
  var jobs = JobCount.perCore

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  func validate() throws {
    try check([("requests", requests, 0...20_000_000), ("jobs", jobs.count, 1...1_024)])
    for batch in batches.values where !(1...1_024).contains(batch) {
      throw CommandProblem.usage("--batches \"\(batch)\": expected 1 to 1024 users")
    }
    for load in loads?.values ?? [] where !(0.001...100_000).contains(load) {
      throw CommandProblem.usage("--loads \"\(load)\": expected 0.001 to 100000 requests/s")
    }
  }

  mutating func run() throws {
    let counts = requests == 0 ? [] : [max(1, requests / 10), requests]
    let speed = try counts.map { count in
      let seconds = try leastUserSeconds(runs: 1) { try ServingCurves.simulate(requests: count) }
      return (requests: count, seconds: seconds, peakBytes: peakMemoryBytes())
    }
    let curves = ServingCurves(rates: loads?.values, batches: batches.values)
    let progress = Progress("points")
    let study = curves.study(speed: speed, workers: jobs.count) { progress.tell($0, of: $1) }
    try emit(study, format)
  }
}
