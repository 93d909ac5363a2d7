// Batch ramps against counts of the published schedule under each rule.

import Foundation
import Testing

@testable import Runs

@Suite("Batch ramps")
struct BatchRampTests {
  private static let tokens = 469e9
  private static let all = 14.8e12
  private static let sequence = 4_096

  private static func ramp(_ rule: String) -> BatchRamp? {
    switch rule {
    case "staircase, increment 256": .staircase(from: 3_072, to: 15_360, increment: 256)
    case "staircase, increment 3072": .staircase(from: 3_072, to: 15_360, increment: 3_072)
    case "linear in tokens, down to a multiple of 128":
      .tokens(from: 3_072, to: 15_360, multiple: 128)
    case "linear in tokens, down to a multiple of 256":
      .tokens(from: 3_072, to: 15_360, multiple: 256)
    default: nil
    }
  }

  @Test("steps and tokens of a rule are met exactly")
  func vectors() throws {
    var count = 0
    for vector in SimulationVector.all("phases") {
      guard let rule = vector.inputs["rule"] as? String, let ramp = Self.ramp(rule) else {
        continue
      }
      count += 1
      let runs = try #require(ramp.runs(tokens: Self.tokens, sequenceLength: Self.sequence))
      let steps = runs.reduce(0) { $0 + $1.steps }
      let used = runs.reduce(0) { $0 + $1.steps * $1.batch } * Self.sequence
      let rest = try #require(
        BatchRamp.constant(
          15_360, tokens: Self.all - Double(used), sequenceLength: Self.sequence)?.first)

      #expect(steps == Int(vector.value("ramp_steps")), "\(rule)")
      #expect(used == Int(vector.value("ramp_tokens_used")), "\(rule)")
      #expect(rest.steps == Int(vector.value("steps_after")), "\(rule)")
      #expect(steps + rest.steps == Int(vector.value("steps")), "\(rule)")
      #expect(
        used + rest.steps * 15_360 * Self.sequence == Int(vector.value("tokens_used")), "\(rule)")
    }
    #expect(count == 4)
  }

  /// Of the excess, 0.8 steps are due to batches that are those of a step's start, 0.9 to whole
  /// sequences, and up to one to the last step.
  @Test("whole steps of a smooth ramp exceed the continuous one by less than three")
  func continuous() throws {
    let vectors = SimulationVector.all("phases")
    // Tokens over the mean batch: logarithmic if it grows with tokens, arithmetic if with steps.
    let steps = Self.tokens / Double(Self.sequence)
    for (rule, ramp, exact) in [
      (
        "linear in tokens, continuous", BatchRamp.tokens(from: 3_072, to: 15_360, multiple: 1),
        steps * log(5) / (15_360 - 3_072)
      ),
      (
        "linear in steps, continuous", .steps(from: 3_072, to: 15_360, multiple: 1),
        2 * steps / (15_360 + 3_072)
      ),
    ] {
      let vector = try #require(vectors.first { $0.inputs["rule"] as? String == rule })
      let runs = try #require(ramp.runs(tokens: Self.tokens, sequenceLength: Self.sequence))
      let steps = Double(runs.reduce(0) { $0 + $1.steps })

      #expect(abs(exact / vector.value("ramp_steps") - 1) < 1e-12)
      #expect((0..<3).contains(steps - vector.value("ramp_steps")), "\(rule): \(steps)")
    }
  }

  @Test("a constant batch and the context extensions have the published sizes")
  func constant() throws {
    let vectors = SimulationVector.all("phases")
    let whole = try #require(
      BatchRamp.constant(15_360, tokens: Self.all, sequenceLength: Self.sequence)?.first)
    let exact = try #require(
      vectors.first { $0.inputs["rule"] as? String == "constant at 15360" })
    let extension_ = try #require(
      vectors.first { $0.inputs["rule"] as? String == "context extension" })

    #expect(Double(whole.steps) == exact.value("steps").rounded(.up))
    for (batch, length, name) in [(1_920, 32_768, "tokens_32k"), (480, 131_072, "tokens_128k")] {
      #expect(Double(batch * length) == extension_.value("tokens_per_step_each"))
      let run = try #require(
        BatchRamp.constant(
          batch, tokens: extension_.value(name), sequenceLength: length)?.first)
      #expect(run.steps == 1_000)
    }
  }

  @Test("a list changes the batch at its tokens")
  func list() throws {
    let ramp = BatchRamp.list([
      BatchRamp.Entry(tokens: 0, batch: 768), BatchRamp.Entry(tokens: 250e9, batch: 1_536),
    ])

    let runs = try #require(ramp.runs(tokens: 500e9, sequenceLength: 4_096))

    let first = Int((250e9 / (768 * 4_096)).rounded(.up))
    #expect(runs.map(\.batch) == [768, 1_536])
    #expect(runs[0].steps == first)
    let rest = 500e9 - Double(first * 768 * 4_096)
    #expect(runs[1].steps == Int((rest / (1_536 * 4_096)).rounded(.up)))
  }

  @Test("a ramp with a number of steps has as many, and the sequences of its rule")
  func steps() throws {
    let (from, to, harmonic) = (64.0, 640.0, (1...9).reduce(0) { $0 + 1 / Double($1) })
    for (ramp, perStep) in [
      // The logarithmic and arithmetic mean of both batches, and the harmonic one of the stairs.
      (BatchRamp.tokens(from: 64, to: 640, multiple: 1), (to - from) / log(to / from)),
      (.steps(from: 64, to: 640, multiple: 1), (from + to) / 2),
      (.staircase(from: 64, to: 640, increment: 64), from * 9 / harmonic),
    ] {
      for count in [1, 2, 17, 1_000, 1_001] {
        let runs = try #require(ramp.runs(steps: count, sequenceLength: 2_048))
        #expect(runs.reduce(0) { $0 + $1.steps } == count, "\(ramp), \(count) steps")
        #expect(runs.map(\.batch) == runs.map(\.batch).sorted())
      }
      let runs = try #require(ramp.runs(steps: 1_000, sequenceLength: 2_048))
      let sequences = Double(runs.reduce(0) { $0 + $1.steps * $1.batch })
      // Each stair ends with a whole step.
      #expect(abs(sequences - 1_000 * perStep) < 9 * to, "\(ramp): \(sequences)")
    }
    let list = BatchRamp.list([
      BatchRamp.Entry(tokens: 0, batch: 64), BatchRamp.Entry(tokens: 1e6, batch: 128),
    ])
    // 8 steps of 131,072 tokens reach the second entry.
    #expect(
      list.runs(steps: 20, sequenceLength: 2_048)
        == [BatchRamp.Run(batch: 64, steps: 8), BatchRamp.Run(batch: 128, steps: 12)])
    #expect(list.runs(steps: BatchRamp.stepLimit + 1, sequenceLength: 1) == nil)
  }
}
