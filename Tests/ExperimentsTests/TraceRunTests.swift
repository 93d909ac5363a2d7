// Short runs of the engine: what the recorder keeps.

import MoEEngine
import Testing

@testable import Experiments

@Suite("Traces of training runs")
struct TraceRunTests {
  @Test("the last steps are recorded completely, with their provenance")
  func kept() throws {
    let plan = TraceRun.Plan(
      preset: .tiny, steps: 2, tracedSteps: 1, seed: 5, balance: .none, corpusFolder: nil)
    var losses: [Double] = []

    let (trace, hash) = try TraceRun(plan, workers: .one, programVersion: "v").run {
      losses.append($0.losses.main)
    }

    #expect(losses.count == 2)
    #expect(trace.problem == nil)
    #expect(trace.steps.map(\.number) == [1])
    #expect(trace.layers == ["L1", "L2", "M0"])
    #expect(trace.domains == ["english", "chinese", "code", "mathematics"])
    // The prediction module skips the last token of each sequence.
    let shape = Preset.tiny.shape
    let length = shape.length
    #expect(trace.tokenCount == shape.sequences * length)
    #expect(trace.steps[0].layers.map(\.rowsPerSequence) == [length, length, length - 1])
    let batch = BatchSampler(.embedded, shape, seed: 5).batch(step: 1)
    let first = batch.tokens.prefix(length).map { UInt8($0) }
    #expect(Array(trace.steps[0].tokens.prefix(length)) == first)
    #expect(trace.steps[0].domains == batch.domains.map { UInt8($0) })
    #expect(trace.origin.command.contains("--preset tiny --steps 2 --traced-steps 1 --seed 5"))
    #expect(trace.origin.drafts > 0)
    #expect(trace.origin.acceptedDrafts <= trace.origin.drafts)
    #expect(hash.count == 64)
  }

  @Test("a run resumed from a checkpoint gives the same trace as an uninterrupted run")
  func checkpoint() throws {
    let trainer = Trainer(
      TrainingSettings(preset: .tiny, seed: 5, balance: .auxiliary, precision: .bf16), .embedded)
    _ = try trainer.advance()
    let data = trainer.checkpoint()

    let summary = try CheckpointSummary(data)
    let plan = TraceRun.Plan(from: summary, tracedSteps: 1, corpusFolder: nil)
    let resumed = try TraceRun(plan, from: data, workers: .one, programVersion: "v").run { _ in }
    let whole = try TraceRun(plan, workers: .one, programVersion: "v").run { _ in }

    #expect(summary.step == 1)
    #expect(summary.preset == .tiny && summary.settings == trainer.settings)
    #expect(
      plan.command
        == "dsv3sim moe trace --preset tiny --steps 2 --traced-steps 1 --seed 5"
        + " --balance auxiliary --precision bf16")
    #expect(resumed.trace == whole.trace)
    #expect(resumed.hash == whole.hash)
  }

  @Test("a missing corpus folder is reported before training starts")
  func missingFolder() {
    let plan = TraceRun.Plan(
      preset: .tiny, steps: 1, tracedSteps: 1, seed: 1, balance: .lossFree, corpusFolder: "/none")

    #expect(throws: CorpusProblem.self) {
      try TraceRun(plan, workers: .one, programVersion: "v")
    }
  }
}
