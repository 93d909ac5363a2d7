import Testing

@testable import Schedules

@Suite("Properties of each schedule")
struct KindTests {
  static let grid = [1, 2, 3, 4, 5, 7, 8, 12, 16].flatMap { ranks in
    [1, 2, 3, 5, 8, 24, 32].map { ScheduleSizes(ranks: ranks, microbatches: $0) }
  }

  /// The maximum number of chunks on rank r according to the `memory` sentences.
  static let promises: [String: @Sendable (ScheduleSizes, Int) -> Double] = [
    "gpipe": { sizes, _ in Double(sizes.microbatches) },
    "1f1b": { sizes, rank in Double(sizes.ranks - rank) },
    "interleaved": { sizes, rank in Double(2 * (sizes.ranks - 1 - rank) + sizes.ranks + 1) },
    "zb_h1": { sizes, _ in Double(sizes.ranks) },
    "zb1p_auto": { sizes, _ in Double(sizes.ranks) },
    "zb_h2": { sizes, _ in Double(2 * sizes.ranks - 1) },
    "zb2p_auto": { sizes, _ in Double(2 * sizes.ranks) },
    "interleaved_zb": { sizes, _ in
      Double(sizes.microbatches / max(1, sizes.microbatches / sizes.ranks) + sizes.ranks)
    },
    "zb_v": { sizes, _ in Double(2 * sizes.ranks) },
    "zbv_auto": { sizes, _ in Double(2 * sizes.ranks) },
    "v_1f1b": { sizes, _ in 4 * Double(sizes.ranks) / 3 + 2 },
    "v_half": { sizes, _ in Double(sizes.ranks + 2) },
    "v_min": { sizes, _ in 2 * Double(sizes.ranks) / 3 + 3 },
    "chimera": { sizes, _ in Double(sizes.ranks) },
    "dualpipe": { sizes, _ in Double(sizes.ranks + 1) },
    "dualpipev": { sizes, _ in Double(2 * sizes.ranks + 1) },
  ]

  @Test(
    "no rank holds more chunks than the catalogue states",
    arguments: ScheduleCatalogue.all.map(\.name))
  func memory(_ name: String) throws {
    let kind = try #require(ScheduleCatalogue.named(name))
    // If there is no statement here: at most all chunks of all microbatches.
    let chunks = kind.choosesChunks ? ScheduleSizes.defaultChunks : kind.legalChunks.upperBound
    let promise = Self.promises[name] ?? { sizes, _ in Double(sizes.microbatches * chunks) }
    for sizes in Self.grid where kind.refusal(of: sizes) == nil {
      let plan = try kind.plan(sizes)
      #expect(PlanChecker.problems(in: plan) == [])
      let peaks = try evaluate(plan, .unit).peakActivations
      for (rank, peak) in peaks.enumerated() {
        #expect(Double(peak) <= promise(sizes, rank), "\(sizes) rank \(rank)")
      }
    }
  }

  @Test(
    "closed forms match the timeline when F = B = W and there are many microbatches",
    arguments: ScheduleCatalogue.all.filter { $0.closedFormBubble != nil }.map(\.name))
  func closedForms(_ name: String) throws {
    let kind = try #require(ScheduleCatalogue.named(name))
    let form = try #require(kind.closedFormBubble)
    #expect(kind.closedFormText != nil)
    for ranks in [1, 2, 4, 8] {
      let sizes = ScheduleSizes(ranks: ranks, microbatches: 4 * ranks)
      if kind.refusal(of: sizes) != nil { continue }
      let timeline = try evaluate(try kind.plan(sizes), .unit)
      let length = name == "zb_h2" ? timeline.maxSpan : timeline.makespan
      let busiest = try #require(timeline.busy.min())
      #expect(length - busiest == form(.unit, sizes), "ranks \(ranks)")
    }
  }

  @Test(
    "1F1B takes as long as GPipe and holds fewer activations", arguments: [(2, 4), (4, 9), (8, 32)])
  func lessMemory(ranks: Int, microbatches: Int) throws {
    let sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches)
    let gPipe = try evaluate(try ScheduleKind.gPipe.plan(sizes), .unit)
    let oneByOne = try evaluate(try ScheduleKind.oneForwardOneBackward.plan(sizes), .unit)
    #expect(oneByOne.makespan == gPipe.makespan)
    #expect(oneByOne.peakActivations[0] < gPipe.peakActivations[0])
  }

  @Test("DualPipe looks the same from both ends", arguments: [(2, 4), (4, 8), (8, 30), (12, 40)])
  func symmetry(ranks: Int, microbatches: Int) throws {
    let plan = try ScheduleKind.dualPipe.plan(.init(ranks: ranks, microbatches: microbatches))
    let durations = try CellDurations(
      forward: 3, backwardInput: 2, backwardWeight: 1, overlapped: 5, transfer: 0.5)
    let timeline = try evaluate(plan, durations)
    #expect(timeline.busy == timeline.busy.reversed())
    #expect(timeline.peakActivations == Array(repeating: ranks + 1, count: ranks))
  }

  @Test(
    "DualPipeV is half of a DualPipe with twice the ranks",
    arguments: [(1, 2), (2, 7), (3, 6), (4, 20)])
  func cutInHalf(ranks: Int, microbatches: Int) throws {
    let half = try ScheduleKind.dualPipeV.plan(.init(ranks: ranks, microbatches: microbatches))
    let whole = try ScheduleKind.dualPipe.plan(
      .init(ranks: 2 * ranks, microbatches: 2 * microbatches))
    func makespan(_ plan: Plan, _ transfer: Double) throws -> Double {
      try evaluate(
        plan,
        CellDurations(
          forward: 3, backwardInput: 2, backwardWeight: 1, overlapped: 5, transfer: transfer)
      ).makespan
    }
    #expect(try makespan(half, 0) == makespan(whole, 0))
    #expect(try makespan(half, 0.25) < makespan(whole, 0.25))
  }

  @Test(
    "orders by duration are never longer than the hand-made order", arguments: [0, 0.05, 0.1, 0.7])
  func automatic(transfer: Double) throws {
    let durations = try CellDurations(
      forward: 1.2, backwardInput: 1.1, backwardWeight: 0.8, transfer: transfer)
    for (automatic, handMade) in [
      (ScheduleKind.zeroBubble1Automatic, ScheduleKind.zeroBubbleH1),
      (.zeroBubble2Automatic, .zeroBubbleH2), (.zeroBubbleVAutomatic, .zeroBubbleV),
    ] {
      let sizes = ScheduleSizes(ranks: 6, microbatches: 24)
      let found = try evaluate(try automatic.plan(sizes, durations: durations), durations)
      let known = try evaluate(try handMade.plan(sizes), durations)
      #expect(found.makespan <= known.makespan)
    }
  }

  @Test(
    "on uneven stages, orders by duration obey laws, limit and the time of the hand-made order",
    arguments: (1...12).map { UInt64($0) })
  func automaticOnUnevenStages(seed: UInt64) throws {
    var random = SeededRandom(state: seed)
    for (automatic, handMade) in [
      (ScheduleKind.zeroBubble1Automatic, ScheduleKind.zeroBubbleH1),
      (.zeroBubble2Automatic, .zeroBubbleH2), (.zeroBubbleVAutomatic, .zeroBubbleV),
    ] {
      let ranks = Int.random(in: 2...6, using: &random)
      let sizes = ScheduleSizes(
        ranks: ranks, microbatches: .random(in: (2 * ranks)...20, using: &random))
      let hand = try handMade.plan(sizes)
      let durations = try StageDurations(stages: hand.stagesPerPath, &random)

      let plan = try automatic.plan(sizes, stages: durations)

      #expect(PlanChecker.problems(in: plan) == [], "seed \(seed)")
      let (found, known) = (try evaluate(plan, durations), try evaluate(hand, durations))
      #expect(found.makespan <= known.makespan, "\(automatic.name) seed \(seed)")
      let limit = automatic.name == "zb1p_auto" ? ranks : 2 * ranks
      #expect(found.peakActivations.allSatisfy { $0 <= limit }, "seed \(seed)")
    }
  }

  @Test("with few microbatches and transfers, placing W by durations beats ZB-H1")
  func beatsHandMade() throws {
    let sizes = ScheduleSizes(ranks: 4, microbatches: 4)
    let durations = try CellDurations(
      forward: 1, backwardInput: 1, backwardWeight: 1, transfer: 0.1)
    let plan = try ScheduleKind.zeroBubble1Automatic.plan(sizes, durations: durations)
    let known = try evaluate(try ScheduleKind.zeroBubbleH1.plan(sizes), durations)
    #expect(try evaluate(plan, durations).makespan < known.makespan - 0.3)
  }

  @Test("an order that is searched for durations is refused where it would take minutes")
  func searchLimit() {
    let sizes = ScheduleSizes(ranks: 1_000, microbatches: 1_300)
    for kind in ScheduleCatalogue.all where kind.ordersByDuration {
      let refusal = kind.refusal(of: sizes)
      #expect(refusal?.rule.contains("at most 262144 stage passes") == true, "\(kind.name)")
    }
    #expect(ScheduleCatalogue.named("1f1b")?.refusal(of: sizes) == nil)
  }

  @Test("durations whose sums are no numbers are refused")
  func longDurations() {
    #expect(throws: DurationProblem.self) {
      try CellDurations(forward: 1e308, backwardInput: 1, backwardWeight: 1)
    }
    #expect(throws: Never.self) {
      try CellDurations(forward: 1e300, backwardInput: 1e300, backwardWeight: 1e300)
    }
  }
}
