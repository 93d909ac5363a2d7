// `dsv3sim moe trace`: trains a small model and keeps what its routers decide.

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import ResultsStore

struct MoETraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Train a preset, or a checkpoint on, and store the last steps' routing.",
    discussion: "The same command on the same program and machine type gives the same trace; its "
      + "hash, the corpus' hash and the command stand in the file. A checkpoint of moe train goes "
      + "on for the traced steps, under its own preset, seed, balance and precision; the file "
      + "stays as it is.")

  @OptionGroup var input: TraceOptions

  mutating func run() throws {
    let wall = WallClock()
    let (run, steps) = try input.traceRun()
    let store = try ResultsStore(path: input.output)
    var progress = EngineProgress(
      "", from: steps.lowerBound, to: steps.upperBound, tokensPerStep: run.tokensPerStep)
    let (trace, hash) = try run.run { progress.tell($0) }
    let id = try store.write(trace, hash: hash)
    try emit("trace \(hash)\n")
    let seconds = String(format: "%.1f", wall.seconds)
    remark("stored as trace \(id.rawValue) of \(input.output), \(seconds) s")
  }
}

/// What is traced, and where the trace goes.
struct TraceOptions: ParsableArguments {
  @Option(help: "Sizes of the model: tiny, small or v3-router; absent: v3-router.")
  var preset: Preset?

  @Option(help: "Steps of training; absent: the preset's own.")
  var steps: Int?

  @Option(help: "Steps at the end whose routing is kept; absent: 8, at most all.")
  var tracedSteps: Int?

  @Option(help: "Seed of weights and batches; absent: 1.")
  var seed: UInt64?

  @Option(help: "What balances the experts: loss-free, auxiliary or none; absent: loss-free.")
  var balance: BalanceRule?

  @Option(help: "Precision of linear layers: fp32, bf16, fp8 or fp8-per-tensor; absent: fp32.")
  var precision: LinearPrecision?

  @Option(help: "A checkpoint that moe train wrote, to go on from.")
  var checkpoint: String?

  @Option(help: "Folder of text, a subfolder for each domain, instead of the one compiled in.")
  var corpus: String?

  @Option(name: [.short, .long], help: "SQLite file that receives the trace.")
  var output = "trace.db"

  @Option(name: [.short, .long], help: "Cores; the trace does not depend on it.")
  var jobs = EngineOptions.usualJobs

  /// Steps of a run from its beginning.
  private var allSteps: Int { steps ?? (preset ?? .v3Router).steps }
  /// Steps whose routing is kept.
  private var keptSteps: Int { tracedSteps ?? (checkpoint == nil ? min(8, allSteps) : 8) }

  mutating func validate() throws {
    let written = [
      ("preset", preset != nil), ("steps", steps != nil), ("seed", seed != nil),
      ("balance", balance != nil), ("precision", precision != nil),
    ].filter(\.1)
    if checkpoint != nil, let first = written.first {
      throw CommandProblem.usage(
        "--\(first.0) cannot stand beside --checkpoint: the run in the file has its own")
    }
    let limits = [
      ("steps", allSteps, 1_000_000),
      ("traced-steps", keptSteps, checkpoint == nil ? allSteps : 1_000), ("jobs", jobs, 1024),
    ]
    for (name, value, most) in limits where !(1...most).contains(value) {
      throw CommandProblem.usage("--\(name) \"\(value)\" is outside 1 to \(most)")
    }
  }

  /// The run of these options, and the steps that it takes.
  func traceRun() throws -> (run: TraceRun, steps: Range<Int>) {
    let workers = Workers.threads(jobs)
    guard let checkpoint else {
      let plan = TraceRun.Plan(
        preset: preset ?? .v3Router, steps: allSteps, tracedSteps: keptSteps, seed: seed ?? 1,
        balance: balance ?? .lossFree, precision: precision ?? .fp32, corpusFolder: corpus)
      let run = try TraceRun(plan, workers: workers, programVersion: ProgramVersion.text)
      return (run, 0..<allSteps)
    }
    let data = try EngineFile.read(checkpoint)
    return try EngineFile.explaining(checkpoint) {
      let summary = try CheckpointSummary(data)
      let plan = TraceRun.Plan(from: summary, tracedSteps: keptSteps, corpusFolder: corpus)
      let run = try TraceRun(
        plan, from: data, workers: workers, programVersion: ProgramVersion.text)
      return (run, summary.step..<plan.steps)
    }
  }
}
