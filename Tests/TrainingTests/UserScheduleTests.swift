import Schedules
import Testing
import Units

@testable import Training

@Suite("A step with a user-defined order")
struct UserScheduleTests {
  /// The order of a catalogue schedule under another name, as a user would provide it.
  private func copy(of name: String, microbatches: Int = 16) throws -> UserSchedule {
    let kind = try #require(ScheduleCatalogue.named(name))
    var plan = try kind.plan(.init(ranks: 4, microbatches: microbatches))
    plan.scheduleName = "mine"
    return try UserSchedule(text: OrderText.render(plan))
  }

  @Test(
    "a copy of a catalogue order gives the same step, event by event",
    arguments: ["1f1b", "zb_v", "dualpipe", "chimera", "interleaved"])
  func copies(name: String) throws {
    let known = try SmallScenario(schedule: name, layers: 11)
    var own = known
    own.spec.userSchedule = try copy(of: name)
    own.spec.schedule = "mine"

    let (first, second) = (try known.step(), try own.step())

    #expect(first.partition == second.partition)
    #expect(first.run().fingerprint == second.run().fingerprint)
    #expect(first.run().rankTimes == second.run().rankTimes)
  }

  @Test("an order for other sizes is refused and names its sizes")
  func sizes() throws {
    var scenario = try SmallScenario(schedule: "1f1b")
    scenario.spec.userSchedule = try copy(of: "1f1b", microbatches: 8)

    let refusal = try #require(throws: TrainingRefusal.self) { try scenario.step() }

    #expect(
      refusal.description == "microbatches=16: the order \"mine\" is for pp=4 microbatches=8")
  }
}
