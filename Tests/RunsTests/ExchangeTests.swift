// What an exchanged node takes with it, what one that stays keeps, and what a pause must not undo.
// All moments are given, so that every expected value is a sum.

import Testing

@testable import Runs

@Suite("Exchanged nodes and what they hold")
struct ExchangeTests {
  /// 1,000 steps of 10 s.
  private func process(nodes: Int = 1) -> RunProcess {
    RunProcess(
      stretches: [RunStretch(steps: 1_000, stepSeconds: 10)], nodes: JobNodes(count: nodes))
  }

  private func stop(
    _ name: String, _ scope: FailureClass.Scope, at moment: Double
  ) -> FailureClass {
    FailureClass(name, scope: scope, law: .moments([moment]))
  }

  /// Saves in the memory of pairs of nodes.
  private func memory(everySteps steps: Int, persist: Double = 0) -> CheckpointLevel {
    var level = CheckpointLevel(every: .steps(steps), stall: 0)
    level.persist = persist
    level.survival = .groups(size: 2, areNeighbours: true)
    return level
  }

  private func run(_ process: RunProcess) throws -> RunOutcome {
    let run = try #require(try process.outcomes(0..<1, seed: 1, keepsStops: true).first)
    try run.check()
    return run
  }

  @Test("an exchange that another failure interrupts is still due")
  func interrupted() throws {
    var process = process()
    process.restart.detection = 60
    process.restart.decision = 60
    process.restart.exchange = 300
    process.restart.container = 120
    process.failures = [stop("node", .node, at: 1_000), stop("software", .job, at: 1_130)]

    let run = try run(process)

    // The second comes 10 s into the exchange.
    let decisions: Double = 60 + 60
    #expect(run.restarts == 2 && run.seconds(.detection) == 60 + 60)
    #expect(run.seconds(.rescheduling) == decisions + 10 + 300 + 120)
  }

  @Test("memory outlives what replaces no node, and not what replaces all of a group")
  func software() throws {
    var process = process(nodes: 4)
    process.checkpoints = [
      memory(everySteps: 1), CheckpointLevel(every: .steps(300), stall: 0),
    ]
    var failure = stop("software", .job, at: 5_005)

    process.failures = [failure]
    let kept = try run(process)
    failure.replacesNodes = true
    process.failures = [failure]
    let lost = try run(process)

    #expect(kept.stops.map(\.resumedAtStep) == [500] && kept.seconds(.lostWork) == 5)
    #expect(lost.stops.map(\.resumedAtStep) == [300] && lost.seconds(.lostWork) == 2_005)
  }

  @Test("an exchanged node is not slow any more", arguments: [nil, 20_000])
  func slow(lasting seconds: Double?) throws {
    var process = process()
    process.checkpoints = [CheckpointLevel(every: .steps(1), stall: 0)]
    process.evictsSlowNodes = false
    var slow = stop("slow", .node, at: 1_000)
    slow.effect = .slow(factor: 2, seconds: seconds)
    process.failures = [slow, stop("node", .node, at: 3_000)]

    let exchanged = try run(process)
    process.failures[1].replacesNodes = false
    let stays = try run(process)

    // 2,000 s are half as fast, or all but the first 1,000.
    #expect(exchanged.restarts == 1 && exchanged.wallSeconds == 10_000 + 1_000)
    #expect(stays.restarts == 1 && stays.wallSeconds == 10_000 + 9_000)
  }

  @Test("planned maintenance waits for a save in storage")
  func maintenance() throws {
    var process = process(nodes: 2)
    process.checkpoints = [
      memory(everySteps: 7, persist: 5), CheckpointLevel(every: .steps(100), stall: 0),
    ]
    process.maintenance = [PlannedPause(at: 2_500, seconds: 500)]

    let run = try run(process)

    #expect(run.stops.map(\.resumedAtStep) == [300])
    #expect(run.seconds(.maintenance) == 500 && run.seconds(.lostWork) == 0)
  }

  @Test("a group that is lost while the job waits takes its memory", arguments: [true, false])
  func waiting(isSaved: Bool) throws {
    var process = process(nodes: 2)
    process.checkpoints = [
      memory(everySteps: 1), CheckpointLevel(every: .steps(isSaved ? 300 : 5_000), stall: 0),
    ]
    process.checkpoints[0].load = 1
    process.checkpoints[1].load = 7
    // One in two moments strikes the node that is left, so that one of 30 does.
    var item = stop("node", .node, at: 5_005)
    item.law = .moments([5_005] + (1...30).map { 5_005 + Double($0) })
    process.failures = [item]
    process.spares = SpareSpec(count: 0, repair: 100)

    let kept = try run(process)
    process.spares?.failWhileWaiting = true
    let lost = try run(process)

    #expect(kept.stops.map(\.resumedAtStep).first == 500 && kept.restartsFromScratch == 0)
    let step = isSaved ? 300 : 0
    #expect(lost.failures == [2] && lost.restarts == 1)
    #expect(lost.restartsFromScratch == (isSaved ? 0 : 1))
    #expect(lost.stops.map(\.resumedAtStep) == [step])
    #expect(lost.seconds(.lostWork) == 5_005 - Double(step) * 10)
    #expect(lost.stops.map(\.lostSeconds) == [lost.seconds(.lostWork)])
    #expect(lost.seconds(.load) == (isSaved ? 7 : 0))
  }
}
