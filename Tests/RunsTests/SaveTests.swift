// Which saves are left to go back to: those in the background, those that were left out, and those
// in the memory of nodes that fail. All moments are given.

import Testing

@testable import Runs

@Suite("Saves that a run can go back to")
struct SaveTests {
  /// 2,000 steps of 10 s that are saved every 36.
  private func process(stall: Double = 1, persist: Double = 0, nodes: Int = 1) -> RunProcess {
    var process = RunProcess(
      stretches: [RunStretch(steps: 2_000, stepSeconds: 10)], nodes: JobNodes(count: nodes))
    process.checkpoints = [CheckpointLevel(every: .steps(36), stall: stall)]
    process.checkpoints[0].persist = persist
    return process
  }

  private func run(_ process: RunProcess) throws -> RunOutcome {
    let run = try #require(try process.outcomes(0..<1, seed: 1, keepsStops: true).first)
    try run.check()
    return run
  }

  @Test("as many saves are kept in the background as before training goes on", arguments: 1...3)
  func kept(keeps: Int) throws {
    var item = FailureClass("silent", scope: .job, law: .moments([5_005, 9_125, 15_305]))
    // Reaches back past all saves that are kept, or past all but the oldest.
    for share in [0.1, 0.5, 0.9, 1.4] {
      item.effect = .corrupt(foundAfter: (Double(keeps) - 1 + share) * 361)
      let runs = try [0.0, 0.5].map { persist in
        var process = process(persist: persist)
        process.checkpoints[0].keeps = keeps
        process.failures = [item]
        return try run(process)
      }

      #expect(runs[0].restarts == 3)
      #expect(runs[0].stops.map(\.resumedAtStep) == runs[1].stops.map(\.resumedAtStep))
      #expect(runs[0].restartsFromScratch == runs[1].restartsFromScratch)
    }
  }

  @Test("a save pushes out an older one when it is durable, not before")
  func pushed() throws {
    var item = FailureClass("silent", scope: .job, law: .moments([1_000]))
    var process = process(stall: 0, persist: 100)
    process.checkpoints[0].keeps = 1
    // The saves at 720 s and 1,080 s are durable 100 s later.
    for (found, step) in [(1_179.0, 72), (1_180, 0)] {
      item.effect = .corrupt(foundAfter: found - 1_000)
      process.failures = [item]
      #expect(try run(process).stops.map(\.resumedAtStep) == [step], "found at \(found) s")
    }
  }
}
