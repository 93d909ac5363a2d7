import Testing

@testable import Schedules

@Suite("Laws of every plan, over random sizes and uneven durations")
struct PlanLawTests {
  @Test("each pass runs once, on its rank, in an order without deadlock", arguments: RandomCase.all)
  func laws(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    #expect(PlanChecker.problems(in: plan) == [])
  }

  @Test("a timeline has causes before effects and one cell at a time", arguments: RandomCase.all)
  func causality(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    let transfer = Int64.random(in: 0...500, using: &random)

    let timeline = try evaluate(
      plan, transfer: transfer, duration: UnevenDurations(&random).callAsFunction)

    var ends: [Cell: (end: Int64, rank: Int)] = [:]
    for (rank, spans) in timeline.ranks.enumerated() {
      #expect(zip(spans, spans.dropFirst()).allSatisfy { $0.end <= $1.start })
      #expect(timeline.busy[rank] + timeline.idle[rank] == timeline.makespan)
      for span in spans {
        if let work = span.cell.forwardWork { ends[.forward(work)] = (span.end, rank) }
        if let work = span.cell.backwardInputWork { ends[.backwardInput(work)] = (span.end, rank) }
      }
    }
    for (rank, spans) in timeline.ranks.enumerated() {
      for span in spans {
        for input in inputs(of: span.cell, stages: plan.stagesPerPath) {
          let made = try #require(ends[input])
          #expect(made.end + (made.rank == rank ? 0 : transfer) <= span.start)
        }
      }
    }
  }

  @Test("tripling the durations triples the makespan", arguments: RandomCase.all)
  func scaling(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    let uneven = UnevenDurations(&random)

    let once = try evaluate(plan, transfer: 70, duration: uneven.callAsFunction)
    let thrice = try evaluate(plan, transfer: 210) { 3 * uneven($0, $1) }

    #expect(thrice.makespan == 3 * once.makespan)
    #expect(abs(thrice.bubbleRatio - once.bubbleRatio) < 1e-12)
    #expect(abs(thrice.spanBubbleRatio - once.spanBubbleRatio) < 1e-12)
    #expect(thrice.peakActivations == once.peakActivations)
  }

  @Test("longer transfers never shorten the makespan", arguments: RandomCase.all)
  func transfers(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    let uneven = UnevenDurations(&random)

    let makespans = try [0, 1, 90, 400].map { (transfer: Int64) in
      try evaluate(plan, transfer: transfer, duration: uneven.callAsFunction).makespan
    }

    #expect(makespans == makespans.sorted())
  }

  @Test("one slower cell costs between nothing and its delay", arguments: RandomCase.all)
  func slowCell(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    let uneven = UnevenDurations(&random)
    let rank = Int.random(in: 0..<plan.cells.count, using: &random)
    let slow = try #require(plan.cells[rank].randomElement(using: &random))

    let before = try evaluate(plan, transfer: 30, duration: uneven.callAsFunction)
    let after = try evaluate(plan, transfer: 30) { uneven($0, $1) + ($1 == slow ? 777 : 0) }

    #expect(0...777 ~= after.makespan - before.makespan)
  }

  @Test(
    "ratios are between 0 and 1, and integer picoseconds agree with doubles",
    arguments: RandomCase.all)
  func ratios(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    let uneven = UnevenDurations(&random)

    let whole = try evaluate(plan, transfer: 30, duration: uneven.callAsFunction)
    let real = try evaluate(plan, transfer: 30.0) { Double(uneven($0, $1)) }

    #expect(Double(whole.makespan) == real.makespan)
    for ratio in [real.bubbleRatio, real.bubbleRatioMax, real.spanBubbleRatio] {
      #expect(0...1 ~= ratio)
    }
    #expect(real.spanBubbleRatio <= real.bubbleRatioMax + 1e-12)
  }

  @Test("the text of a plan reads back as the plan", arguments: RandomCase.all)
  func roundTrip(_ randomCase: RandomCase) throws {
    var random = SeededRandom(state: randomCase.seed)
    let plan = try randomCase.plan(&random)
    #expect(try OrderText.parse(OrderText.render(plan)) == plan)
    var own = plan
    own.scheduleName = "mine"
    #expect(try OrderText.parse(OrderText.render(own)) == own)
  }

  @Test(
    "DualPipe looks the same from both ends; DualPipeV is half of one with twice the ranks",
    arguments: (1...12).map { UInt64($0) })
  func twoWays(seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    let half = Int.random(in: 1...6, using: &random)
    let sizes = ScheduleSizes(
      ranks: 2 * half, microbatches: 2 * .random(in: (2 * half)...20, using: &random))
    let times = (0..<3).map { _ in Double(Int.random(in: 50...150, using: &random)) }
    let pair = Double.random(in: max(times[0], times[1] + times[2])...600, using: &random).rounded()
    func durations(transfer: Double) throws -> CellDurations {
      try CellDurations(
        forward: times[0], backwardInput: times[1], backwardWeight: times[2], overlapped: pair,
        transfer: transfer)
    }
    let whole = try ScheduleKind.dualPipe.plan(sizes)
    let cut = try ScheduleKind.dualPipeV.plan(
      .init(ranks: half, microbatches: sizes.microbatches / 2))

    let free = try [whole, cut].map { try evaluate($0, durations(transfer: 0)) }
    let slow = try evaluate(whole, durations(transfer: 17))

    #expect(free[0].makespan == free[1].makespan, "seed \(seed)")
    #expect(slow.busy == slow.busy.reversed(), "seed \(seed)")
    #expect(slow.peakActivations == slow.peakActivations.reversed(), "seed \(seed)")
    #expect(slow.peakActivations.allSatisfy { $0 == 2 * half + 1 }, "seed \(seed)")
    #expect(free[1].peakActivations.allSatisfy { $0 == 2 * half + 1 }, "seed \(seed)")
  }

  private func inputs(of cell: Cell, stages: Int) -> [Cell] {
    var inputs: [Cell] = []
    if let work = cell.forwardWork, work.stage > 0 {
      inputs.append(.forward(Work(microbatch: work.microbatch, stage: work.stage - 1)))
    }
    if let work = cell.backwardInputWork {
      inputs.append(.forward(work))
      if work.stage + 1 < stages {
        inputs.append(.backwardInput(Work(microbatch: work.microbatch, stage: work.stage + 1)))
      }
    }
    if case .backwardWeight(let work) = cell { inputs.append(.backwardInput(work)) }
    return inputs
  }
}
