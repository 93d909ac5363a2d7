// Public request traces, as they are, through shipped scenarios.

import Foundation
import Recording
import Scenarios
import Testing

@testable import Experiments

@Suite("Public traces through shipped services")
struct PublicTraceServiceTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private static func path(_ name: String) -> String {
    root.appending(path: "../shared/traces/\(name)").standardizedFileURL.path
  }

  /// Runs a shipped scenario on the first requests of a trace.
  private func run(_ scenario: String, _ trace: String, requests: Int) throws -> RunRecord {
    let scenario = try Scenario.load(
      path: Self.root.appending(path: "scenarios/\(scenario).yaml").path,
      overrides: [
        "service.load.file=\(Self.path(trace))", "service.load.requests=\(requests)",
      ], unset: ["service.load"])
    return try Trial(scenario, programVersion: "test").run()
  }

  /// Every request has arrived, and each is accounted for once.
  private func check(_ record: RunRecord, requests: Int) {
    let ends: [MetricKind] = [
      .requestsFinished, .requestsRejected, .requestsLost, .requestsRunning, .requestsQueued,
    ]
    #expect(record.value(.requestsArrived) == Double(requests))
    #expect(ends.reduce(0) { $0 + (record.value($1) ?? 0) } == Double(requests))
    #expect(record.value(.requestsFinished) == Double(requests))
  }

  @Test(
    "the first requests of Mooncake's conversation are served, and prefixes are found",
    .enabled(if: FileManager.default.fileExists(atPath: path("mooncake_conversation.jsonl"))))
  func mooncake() throws {
    let record = try run("service-bursts", "mooncake_conversation.jsonl", requests: 60)

    check(record, requests: 60)
    #expect((record.value(.cacheHitRatio) ?? 0) > 0)
  }

  @Test(
    "the first requests of Azure's code trace are served",
    .enabled(if: FileManager.default.fileExists(atPath: path("azure_2023_code.csv"))))
  func azure() throws {
    let record = try run("service-one-host-h200", "azure_2023_code.csv", requests: 200)

    check(record, requests: 200)
  }
}
