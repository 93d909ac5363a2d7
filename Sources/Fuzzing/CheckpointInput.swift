// Checkpoints whose hash is right, so that what they hold is looked at.

import Experiments
import Foundation
import MoEEngine

/// An input as a checkpoint without its hash. If the first byte is odd, the rest is only its
/// beginning, and it goes on as a checkpoint of the smallest preset does.
struct CheckpointInput {
  private let content: Data
  private let bench: FuzzBench

  init(_ input: [UInt8], _ bench: FuzzBench) {
    self.bench = bench
    var content = Data(input.dropFirst())
    if let first = input.first, !first.isMultiple(of: 2) {
      let whole = bench.training().checkpoint
      content += whole.dropFirst(content.count).dropLast(8)
    }
    self.content = content
  }

  /// Reads the description and the weights, and resumes the run.
  func read() throws -> String? {
    let data = Checkpoint.sealed(content)
    let summary = try CheckpointSummary(data)
    guard summary.step >= 0 else { return "step \(summary.step)" }
    let plan = TraceRun.Plan(from: summary, tracedSteps: 1_000, corpusFolder: nil)
    guard plan.steps > summary.step else { return "a plan of \(plan.steps) steps" }
    _ = plan.command
    // Larger presets take a second to make: their sizes are checked first in any case.
    guard summary.preset == .tiny else { return nil }
    _ = try Transformer.load(checkpoint: data)
    let trainer = bench.training().trainer
    try trainer.resume(from: data)
    return trainer.step == summary.step ? nil : "resumed at step \(trainer.step)"
  }
}
