// One trial on several threads.

import Foundation
import Scenarios
import Testing
import Units

@testable import Experiments

@Suite("Threads of a trial")
struct WorkersTests {
  @Test("INV-9: a record does not depend on the number of threads", arguments: [2, 5])
  func sameRecord(threads: Int) throws {
    let root = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let scenario = try Scenario.load(
      path: root.appending(path: "scenarios/slow-nic.yaml").path,
      overrides: ["training.routing={source: zipf, exponent: 0.5}"])
    let trial = Trial(scenario, programVersion: "test")

    let alone = try trial.run(keepsTimeline: true)
    let together = try trial.run(keepsTimeline: true, workers: .threads(threads))

    #expect(together.fingerprint == alone.fingerprint)
    #expect(together.metrics == alone.metrics)
    #expect(together.rankTimes == alone.rankTimes && together.cellTimes == alone.cellTimes)
    #expect(together.trafficTimes == alone.trafficTimes && together.spans == alone.spans)
    #expect(together.network == alone.network)
  }

  @Test("values are in the order of their parts, whichever thread makes them")
  func order() {
    #expect(Workers.threads(3).map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    #expect(Workers.one.map(0) { $0 }.isEmpty)
  }
}
