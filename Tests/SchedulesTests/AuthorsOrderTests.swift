import Testing

@testable import Schedules

@Suite("Our own orders compared with those of the published generators")
struct AuthorsOrderTests {
  /// Random sizes and durations of a schedule whose order is our own.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var seed: UInt64

    var testDescription: String { "\(name) seed \(seed)" }

    static let all = GoldenTests.ours.sorted().flatMap { name in
      (1...24).map { Case(name: name, seed: $0) }
    }
  }

  /// Golden order texts of the V schedules, which do not depend on durations.
  static let goldenV = Golden.allOrders.map(\.name).filter {
    $0.hasPrefix("v_half_") || $0.hasPrefix("v_min_")
  }
  static let automatic = Golden.rows.filter(\.isAutomatic)

  @Test(
    "the authors' V-Min, and V-Half from 2P microbatches on, are reproduced exactly",
    arguments: goldenV)
  func slots(_ name: String) throws {
    let golden = try OrderText.parse(Golden.read("orders/" + name))
    let sizes = golden.sizes

    if golden.scheduleName == "v_min" {
      #expect(ScheduleKind.authorsVMin(sizes) == golden.cells)
    } else if sizes.microbatches >= 2 * sizes.ranks {
      #expect(ScheduleKind.authorsVHalf(sizes) == [golden.cells])
    }
  }

  @Test(
    "automatic schedules end no later than golden ones, within their peak memory",
    arguments: automatic)
  func searches(_ row: GoldenRow) throws {
    let durations = try row.durations()
    let stages = StageDurations(equal: durations)
    let orders = authors(row.schedule, row.sizes, stages)
    var plan = try #require(Golden.kind(row.schedule)).plan(row.sizes)

    #expect(orders.count == 1)
    plan.cells = try #require(orders.first)

    #expect(PlanChecker.problems(in: plan) == [])
    let timeline = try evaluate(plan, durations)
    #expect(timeline.makespan <= row.number("makespan") + 1e-9)
    let peak = row.numbers("peak_act_chunks_freed_at_W").max() ?? 0
    #expect(Double(timeline.peakActivations.max() ?? 0) <= peak)
  }

  @Test(
    "the searches of ZB-1p and ZB-V reproduce the golden orders exactly unless they end earlier",
    arguments: automatic.filter { $0.schedule != "zb2p_auto" && $0["durations"] == "U" })
  func searchedOrders(_ row: GoldenRow) throws {
    let ending = row.number("p2p") > 0 ? "_U_lat.txt" : "_U.txt"
    let name = "\(row.schedule)_pp\(row["pp"])_m\(row["microbatches"])" + ending
    let text = try #require(Golden.allOrders.first { $0.name == name }?.text)
    var plan = try #require(Golden.kind(row.schedule)).plan(row.sizes)

    plan.cells = try #require(
      authors(row.schedule, row.sizes, StageDurations(equal: row.durations())).first)

    // The authors keep the attempt whose worst rank has the least bubble, we the one that ends
    // first.
    if try evaluate(plan, row.durations()).makespan < row.number("makespan") - 1e-9 { return }
    let lines = OrderText.render(plan).split(separator: "\n").dropFirst()
    #expect(Array(lines) == Array(text.split(whereSeparator: \.isNewline).dropFirst()))
  }

  @Test("golden V orders are never shorter than ours, for any durations", arguments: goldenV)
  func replayed(_ name: String) throws {
    let golden = try OrderText.parse(Golden.read("orders/" + name))
    let kind = try #require(Golden.kind(golden.scheduleName))
    for seed in UInt64(1)...16 {
      var random = SeededRandom(state: seed)
      let durations = try StageDurations(
        uneven: seed.isMultiple(of: 2), stages: golden.stagesPerPath, &random)

      let own = try evaluate(kind.plan(golden.sizes, stages: durations), durations)

      let theirs = try evaluate(golden, durations)
      // With fewer microbatches, V-Half's generator is not fully known (`authorsVHalf`).
      let isKnown =
        golden.scheduleName == "v_min" || golden.sizes.microbatches >= 2 * golden.sizes.ranks
      let allowed = theirs.makespan * (isKnown ? 1 + 1e-12 : 1.01)
      #expect(own.makespan <= allowed, "\(name) seed \(seed)")
      #expect(own.peakActivations.max() ?? 0 <= theirs.peakActivations.max() ?? 0, "seed \(seed)")
    }
  }

  @Test("for unseen sizes and durations, no order is longer than the authors'", arguments: Case.all)
  func unseen(_ unseen: Case) throws {
    var random = SeededRandom(state: unseen.seed)
    let kind = try #require(ScheduleCatalogue.named(unseen.name))
    let ranks = Int.random(in: 1...13, using: &random)
    let sizes = ScheduleSizes(
      ranks: ranks, microbatches: .random(in: 1...(5 * ranks), using: &random))
    let stages = Placement(kind.shape, sizes).stagesPerPath
    let durations = try StageDurations(
      uneven: unseen.seed.isMultiple(of: 3), stages: stages, &random)

    let plan = try kind.plan(sizes, stages: durations)

    #expect(PlanChecker.problems(in: plan) == [])
    let own = try evaluate(plan, durations)
    let peak = own.peakActivations.max() ?? 0
    for cells in authors(unseen.name, sizes, durations) {
      var theirs = plan
      theirs.cells = cells
      #expect(PlanChecker.problems(in: theirs) == [], "\(sizes)")
      let timeline = try evaluate(theirs, durations)
      #expect(own.makespan <= timeline.makespan, "\(sizes)")
      // An automatic order may use its memory limit to end earlier, but not without gain.
      if !unseen.name.hasSuffix("_auto") || own.makespan == timeline.makespan {
        #expect(peak <= timeline.peakActivations.max() ?? 0, "\(sizes)")
      }
    }
  }

  @Test(
    "passes that take no time and durations of any size can be planned",
    arguments: [(1.0, 0.0, 0.0), (0, 0, 1), (0, 1, 0), (1e-300, 2e-300, 0), (1e300, 1e300, 1e299)])
  func extremes(forward: Double, backwardInput: Double, backwardWeight: Double) throws {
    let durations = try CellDurations(
      forward: forward, backwardInput: backwardInput, backwardWeight: backwardWeight)
    for name in GoldenTests.ours.sorted() {
      let kind = try #require(ScheduleCatalogue.named(name))
      let plan = try kind.plan(.init(ranks: 3, microbatches: 7), durations: durations)
      #expect(PlanChecker.problems(in: plan) == [], "\(name)")
    }
  }

  /// The orders of the published generators as rebuilt here; none if the generator is not known.
  private func authors(
    _ name: String, _ sizes: ScheduleSizes, _ durations: StageDurations
  ) -> [[[Cell]]] {
    switch name {
    case "v_half": [ScheduleKind.authorsVHalf(sizes)[0]]
    case "v_min": [ScheduleKind.authorsVMin(sizes)]
    case "zb1p_auto": GreedyLinear.orders(sizes, durations, chunkLimit: sizes.ranks)
    case "zb2p_auto": GreedyLinear.orders(sizes, durations, chunkLimit: 2 * sizes.ranks)
    case "zbv_auto": GreedyV.orders(sizes, durations)
    default: []
    }
  }
}
