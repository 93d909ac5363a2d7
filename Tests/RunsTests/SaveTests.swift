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
    var item = FailureClass("silent", scope: .job, law: .moments([5_105, 9_125, 15_305]))
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

  /// A node that is slow from a time on, in a run that is saved every 5,000 s.
  private func slow(from moment: Double, persist: Double = 0) -> RunProcess {
    var process = process(stall: 0, persist: persist)
    process.checkpoints[0].interval = .steps(500)
    process.restart.detection = 20
    process.restart.decision = 100
    var slow = FailureClass("slow", scope: .node, law: .moments([moment]))
    slow.effect = .slow(factor: 1.3, seconds: nil)
    process.failures = [slow]
    return process
  }

  @Test(
    "a slow node is evicted when a save is durable, and never at a loss",
    arguments: [0, 0.5, 500, 2_000, 4_000])
  func eviction(persist: Double) throws {
    // Shortly before a save, which is waited for, and shortly after.
    for moment in [9_500.0, 10_050] {
      var process = slow(from: moment, persist: persist)
      let run = try run(process)
      process.evictsSlowNodes = false
      let kept = try self.run(process)

      #expect(run.wallSeconds <= kept.wallSeconds, "slow from \(moment) s")
      #expect(run.seconds(.lostWork) <= 120 + persist, "slow from \(moment) s")
      // 3,000 s are more than a restart and what is written meanwhile.
      #expect(run.restarts == (persist < 2_900 ? 1 : 0), "slow from \(moment) s")
    }
  }

  @Test("saves in the background that take no time make no difference to a slow node")
  func evictionInTheBackground() throws {
    let before = try run(slow(from: 9_500))
    let beside = try run(slow(from: 9_500, persist: 0.5))

    #expect(before.restarts == 1 && beside.restarts == 1)
    #expect((0...1).contains(beside.wallSeconds - before.wallSeconds))
  }

  @Test("the last step is saved, whatever a save does while another is being written")
  func last() throws {
    for overlap in CheckpointLevel.Overlap.allCases {
      var process = process(persist: 700)
      process.checkpoints[0].overlap = overlap
      let legs = try #require(process.legs())
      var engine = RunEngine(process, legs: legs, seed: 1, keepsStops: false)

      let outcome = engine.run()

      let wall = try #require(outcome).wallSeconds
      let newest = try #require(engine.saves[0].last)
      #expect(newest.leg == legs.count && newest.durableAt <= wall, "\(overlap)")
    }
  }

  @Test(
    "saves that are left out do not count between saves",
    arguments: [(300.0, 1), (361, 2), (700, 2), (722, 3), (1_100, 4)])
  func leftOut(persist: Double, legs: Int) throws {
    // A stall of 1 s is over before the save is written.
    var process = process(persist: persist)
    process.checkpoints[0].overlap = .skip
    // After the first of 55 legs of 36 steps, then each time it is durable, and at the end.
    let saves = 1 + 54 / legs + 1
    #expect(process.saveCount() == saves)

    process.checkpoints[0].overlap = .wait
    #expect(process.saveCount() == 56)
    process.failures = [FailureClass("job", scope: .job, law: .moments([5_000]))]
    process.checkpoints[0].overlap = .skip
    #expect(process.saveCount() == saves)
  }
}
