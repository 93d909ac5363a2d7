// `dsv3sim moe trace`: trains a small model and stores the decisions of its routers.

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import ResultsStore
import Units

struct MoETraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Train a preset, or resume a checkpoint, and store the last steps' routing.",
    discussion: "The same command with the same program and machine type gives the same trace. "
      + "The file records the command and the hashes of trace and corpus. A checkpoint of moe "
      + "train resumes for the traced steps, with its own preset, seed, balance and precision; "
      + "the checkpoint file does not change.")

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

/// The run to trace, and the file for its trace.
struct TraceOptions: ParsableArguments {
  @Option(help: "Model and batch sizes: tiny, small or v3-router; default: v3-router.")
  var preset: Preset?

  @Option(help: "Training steps; default: set by the preset.")
  var steps: Int?

  @Option(help: "Final steps whose routing is stored; default: 8, or all if fewer.")
  var tracedSteps: Int?

  @Option(help: "Seed of weights and batches; default: 1.")
  var seed: UInt64?

  @Option(help: "Load balancing of experts: loss-free, auxiliary or none; default: loss-free.")
  var balance: BalanceRule?

  @Option(help: "Precision of linear layers: fp32, bf16, fp8 or fp8-per-tensor; default: fp32.")
  var precision: LinearPrecision?

  @Option(help: "Checkpoint written by moe train, to resume.")
  var checkpoint: String?

  @Option(help: "Folder of text with one subfolder per domain, to replace the embedded corpus.")
  var corpus: String?

  @Option(name: [.short, .long], help: "SQLite file for the trace.")
  var output = "trace.db"

  @Option(name: [.short, .long], help: "Number of cores; the trace does not depend on it.")
  var jobs = EngineOptions.usualJobs

  /// Steps of a run from scratch.
  private var allSteps: Int { steps ?? (preset ?? .v3Router).steps }
  /// Steps whose routing is stored.
  private var keptSteps: Int { tracedSteps ?? (checkpoint == nil ? min(8, allSteps) : 8) }

  mutating func validate() throws {
    let written = [
      ("preset", preset != nil), ("steps", steps != nil), ("seed", seed != nil),
      ("balance", balance != nil), ("precision", precision != nil),
    ].filter(\.1)
    if checkpoint != nil, let first = written.first {
      throw CommandProblem.usage(
        "--\(first.0) cannot be combined with --checkpoint: the run in the file has its own")
    }
    let limits = [
      ("steps", allSteps, 1_000_000),
      ("traced-steps", keptSteps, checkpoint == nil ? allSteps : 1_000), ("jobs", jobs, 1024),
    ]
    for (name, value, most) in limits where !(1...most).contains(value) {
      throw CommandProblem.usage("--\(name) \"\(value)\" is outside 1 to \(most)")
    }
  }

  /// The run of these options, and the steps that it executes.
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
