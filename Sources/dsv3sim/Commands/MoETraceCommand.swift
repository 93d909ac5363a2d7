// `dsv3sim moe trace`: trains a small model and keeps what its routers decide.

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import ResultsStore
import Units

struct MoETraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Train a preset and store the routing of its last steps.",
    discussion: "The same command on the same program and machine type gives the same trace; its "
      + "hash, the corpus' hash and the command stand in the file.")

  @Option(help: "Sizes of the model: tiny, small or v3-router.")
  var preset = Preset.v3Router

  @Option(help: "Steps of training; absent: the preset's own.")
  var steps: Int?

  @Option(help: "Steps at the end whose routing is kept.")
  var tracedSteps = 8

  @Option(help: "Seed of weights and batches.")
  var seed: UInt64 = 1

  @Option(help: "What balances the experts: loss-free, auxiliary or none.")
  var balance = BalanceRule.lossFree

  @Option(help: "Folder of text, a subfolder for each domain, instead of the one compiled in.")
  var corpus: String?

  @Option(name: [.short, .long], help: "SQLite file that receives the trace.")
  var output = "trace.db"

  @Option(name: [.short, .long], help: "Cores; the trace does not depend on it.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  mutating func validate() throws {
    let all = steps ?? preset.steps
    guard (1...1_000_000).contains(all) else {
      throw ValidationError("--steps \"\(all)\" is outside 1 to 1000000")
    }
    guard (1...all).contains(tracedSteps) else {
      throw ValidationError("--traced-steps \"\(tracedSteps)\" is outside 1 to \(all)")
    }
    guard (1...1024).contains(jobs) else {
      throw ValidationError("--jobs \"\(jobs)\" is outside 1 to 1024")
    }
  }

  mutating func run() throws {
    let start = Date()
    let store = try ResultsStore(path: output)
    let plan = TraceRun.Plan(
      preset: preset, steps: steps ?? preset.steps, tracedSteps: tracedSteps, seed: seed,
      balance: balance, corpusFolder: corpus)
    let run = try TraceRun(plan, workers: .threads(jobs), programVersion: ProgramVersion.text)
    let every = max(1, plan.steps / 20)
    let (trace, hash) = run.run { report in
      guard (report.step + 1) % every == 0 else { return }
      let seconds = Date().timeIntervalSince(start)
      let left = seconds / Double(report.step + 1) * Double(plan.steps - report.step - 1)
      remark(
        "step \(report.step + 1) of \(plan.steps): loss \(significantText(report.losses.main)),"
          + " MaxVio \(significantText(report.maximalViolation)),"
          + " \(durationText(seconds: left)) left")
    }
    let id = try store.write(trace, hash: hash)
    try emit("trace \(hash)\n")
    let seconds = String(format: "%.1f", Date().timeIntervalSince(start))
    remark("stored as trace \(id.rawValue) of \(output), \(seconds) s")
  }
}
