// Services over load and batch.

import Recording
import Scenarios
import Testing

@testable import Experiments

@Suite("Services over load and batch")
struct ServingCurvesTests {
  @Test("a batch of users gets all its requests answered, and a larger one waits longer for tokens")
  func batches() throws {
    let rows = ServingCurves(rates: [], batches: [1, 8]).rows(units: ["h200-host"], workers: 1)

    #expect(rows.map { $0["requests"].number } == [4, 32])
    let times = try rows.map { try #require($0["tpot_p50_s"].number) }
    #expect(times[0] < times[1])
    // Nobody waits for users who have been answered: throughput grows.
    let rates = try rows.map { try #require($0["output_tokens_per_s"].number) }
    #expect(rates[0] < rates[1])
  }

  @Test("rows and the record do not depend on the number of workers")
  func workers() {
    let curves = ServingCurves(rates: [0.5], batches: [1])

    let one = curves.rows(units: ["h200-host"], workers: 1)
    let two = curves.rows(units: ["h200-host"], workers: 2)

    #expect(one == two)
    #expect(one.map { $0["requests_per_s"].number } == [0.5, nil])
  }

  @Test("each unit is a scenario of a service once arrivals are given", arguments: ServingUnit.all)
  func units(unit: ServingUnit) throws {
    let scenario = try Scenario.decode(
      text: unit.scenario, file: unit.name,
      overrides: [
        "service.load.arrivals=poisson", "service.load.rate=1 /s", "service.load.requests=2",
      ])

    #expect(scenario.name == unit.name)
    guard case .service(let spec) = scenario.question else {
      Issue.record("\(unit.name) is not a service")
      return
    }
    let decodes = spec.pools.last?.step.layout.data
    #expect(decodes == unit.groups)
  }
}
