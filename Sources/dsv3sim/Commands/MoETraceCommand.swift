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
    let progress = EngineProgress(
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
  @Option(help: "Model and batch sizes; default: v3-router, the one that moe scale scales up.")
  var preset: Preset?

  @Option(help: ArgumentHelp("Training steps; default: set by the preset.", valueName: "count"))
  var steps: Int?

  @Option(
    help: ArgumentHelp(
      "Final steps whose routing is stored; default: 8, or all if fewer.", valueName: "count"))
  var tracedSteps: Int?

  @Option(help: ArgumentHelp("Seed of weights and batches; default: 1.", valueName: "number"))
  var seed: UInt64?

  @Option(help: "Load balancing of experts; default: loss-free.")
  var balance: BalanceRule?

  @Option(help: "Precision of linear layers; default: fp32.")
  var precision: LinearPrecision?

  @Option(
    help: ArgumentHelp("Checkpoint written by moe train, to resume.", valueName: "file"),
    completion: .file())
  var checkpoint: String?

  @Option(
    help: ArgumentHelp(
      "Folder of text with one subfolder per domain, to replace the embedded corpus.",
      valueName: "folder"), completion: .directory)
  var corpus: String?

  @Option(
    name: [.short, .long], help: ArgumentHelp("SQLite file for the trace.", valueName: "file"),
    completion: .file())
  var output = "trace.db"

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Threads; the trace does not depend on it.", valueName: "count"))
  var jobs = JobCount.perCore

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
      ("traced-steps", keptSteps, checkpoint == nil ? allSteps : 1_000), ("jobs", jobs.count, 1024),
    ]
    for (name, value, most) in limits where !(1...most).contains(value) {
      throw CommandProblem.usage("--\(name) \"\(value)\" is outside 1 to \(most)")
    }
  }

  /// The run of these options, and the steps that it executes.
  func traceRun() throws -> (run: TraceRun, steps: Range<Int>) {
    let workers = Workers.threads(jobs.count)
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
