import Testing

@testable import Schedules

@Suite("Golden tables of the original implementations")
struct GoldenTests {
  /// Schedules whose order is our own: no longer than the golden order, with the same memory.
  static let ours: Set = ["v_half", "v_min", "zb1p_auto", "zb2p_auto", "zbv_auto"]
  static let ruled = Golden.rows.filter { !ours.contains($0.schedule) }
  /// Rows whose order is in the table as text: for automatic schedules, only those for U.
  static let readable = Golden.rows.filter {
    $0["comm_model"] == "eager" && ($0["durations"] == "U" || !$0.isAutomatic)
      && goldenText($0) != nil
  }

  @Test("the tables are complete")
  func tables() {
    #expect(Golden.rows.count == 483)
    #expect(Golden.refused.count == 24)
    #expect(Golden.allOrders.count == 160)
    // Every row is reproduced by rule, by its order as text, or by an order of ours that is no
    // worse.
    #expect(Golden.rows.allSatisfy { Golden.kind($0.schedule) != nil })
    #expect(Golden.refused.allSatisfy { Golden.kind($0.schedule) != nil })
    #expect(Set(Self.readable.map(\.schedule)).isSuperset(of: Self.ours))
  }

  @Test("orders are exactly those of the originals", arguments: Golden.orders.map(\.name))
  func orders(_ name: String) throws {
    let text = try Golden.read("orders/" + name)
    let plan = try OrderText.parse(text)
    let kind = try #require(Golden.kind(plan.scheduleName))
    #expect(OrderText.render(try kind.plan(plan.sizes)) == text)
  }

  @Test("the order hash of each row is reproduced", arguments: ruled)
  func hashes(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    #expect(orderSHA256(try kind.plan(row.sizes)).prefix(16) == row["order_sha256_16"])
  }

  @Test(
    "the timeline of each row is reproduced",
    arguments: ruled.filter { $0["comm_model"] == "eager" })
  func timelines(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    let plan = try kind.plan(row.sizes)
    try expectTimeline(of: plan, row)
  }

  @Test(
    "without transfer time, the rendezvous replay equals the eager timeline",
    arguments: ruled.filter { $0["comm_model"] == "blocking" && $0.number("p2p") == 0 })
  func blocking(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    let timeline = try evaluate(try kind.plan(row.sizes), try row.durations())
    #expect(Golden.agree(timeline.makespan, row.number("makespan")))
    #expect(timeline.busy == row.numbers("busy_per_rank"))
  }

  @Test(
    "with transfer time, the rendezvous replay is 0 to 2.9 % slower",
    arguments: ruled.filter { $0["comm_model"] == "blocking" && $0.number("p2p") > 0 })
  func blockingWithTransfers(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    let timeline = try evaluate(try kind.plan(row.sizes), try row.durations())
    #expect(timeline.makespan <= row.number("makespan") + 1e-9)
    #expect(row.number("makespan") <= 1.029 * timeline.makespan)
  }

  @Test(
    "golden orders of every schedule, read as text, obey the laws and have the golden timeline",
    arguments: readable)
  func readOrders(_ row: GoldenRow) throws {
    let text = try #require(Self.goldenText(row))
    let plan = try OrderText.parse(text)
    #expect(PlanChecker.problems(in: plan).isEmpty)
    try expectTimeline(of: plan, row)
  }

  @Test(
    "an order of our own takes no longer than the original, with the same memory",
    arguments: Golden.rows.filter { ours.contains($0.schedule) })
  func ownOrders(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    let durations = try row.durations()
    let plan = try kind.plan(row.sizes, durations: durations)
    #expect(PlanChecker.problems(in: plan).isEmpty)
    let timeline = try evaluate(plan, durations)
    let found = timeline.makespan
    #expect(found <= row.number("makespan") + 1e-9, "\(found), not \(row["makespan"])")
    let peak = row.numbers("peak_act_chunks_freed_at_W").max() ?? 0
    #expect(Double(timeline.peakActivations.max() ?? 0) <= peak)
  }

  @Test("sizes in refused.csv are refused for the recorded reason", arguments: Golden.refused)
  func refusals(_ row: GoldenRow) throws {
    let kind = try #require(Golden.kind(row.schedule))
    let refusal = try #require(kind.refusal(of: row.sizes))
    #expect(refusal.field == "microbatches")
    #expect(refusal.value == row.sizes.microbatches)
    if let nearest = refusal.nearestLegal {
      var legal = row.sizes
      legal.microbatches = nearest
      #expect(kind.refusal(of: legal) == nil)
    }
    #expect(throws: ScheduleRefusal.self) { try kind.plan(row.sizes) }
  }

  /// The order text of a row. The header of an automatic schedule also states durations, which are
  /// not part of the notation.
  private static func goldenText(_ row: GoldenRow) -> String? {
    var name = "\(row.schedule)_pp\(row["pp"])_m\(row["microbatches"])"
    if row.isAutomatic { name += row.number("p2p") > 0 ? "_U_lat" : "_U" }
    guard let text = Golden.allOrders.first(where: { $0.name == name + ".txt" })?.text else {
      return nil
    }
    guard row.isAutomatic else { return text }
    let place = row.schedule == "zbv_auto" ? "v" : "linear"
    let head = text.prefix { $0 != "\n" }.firstRange(of: " F=")?.lowerBound ?? text.startIndex
    return text[..<head] + " placement=\(place)" + text.drop { $0 != "\n" }
  }

  private func expectTimeline(of plan: Plan, _ row: GoldenRow) throws {
    let timeline = try evaluate(plan, try row.durations())
    let columns: [(String, Double)] = [
      ("makespan", timeline.makespan), ("bubble_ratio_mean", timeline.bubbleRatio),
      ("bubble_ratio_max", timeline.bubbleRatioMax),
      ("bubble_over_ideal", timeline.bubbleOverIdeal), ("max_span", timeline.maxSpan),
      ("span_bubble_rate", timeline.spanBubbleRatio),
      ("act_unit_per_chunk", 1 / Double(plan.layersPerStageShare)),
      ("weight_copies", Double(plan.weightCopies)), ("stages", Double(plan.stagesPerPath)),
    ]
    for (column, value) in columns {
      #expect(Golden.agree(value, row.number(column)), "\(column): \(value), not \(row[column])")
    }
    let busy = zip(timeline.busy, row.numbers("busy_per_rank"))
    #expect(busy.allSatisfy { Golden.agree($0, $1) })
    let peaks = row.numbers("peak_act_chunks_freed_at_W").map { Int($0) }
    #expect(timeline.peakActivations == peaks)
    let peaksAtB = row.numbers("peak_act_chunks_freed_at_B").map { Int($0) }
    #expect(timeline.peakActivationsFreedAtB == peaksAtB)
  }
}
