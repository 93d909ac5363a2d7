// What every shipped scenario executes, event by event: a change that moves a result shows here,
// and its commit says why. The files hold our own output and prove nothing but sameness.
// After a change that is meant: dsv3sim run SCENARIO, then SELECT fingerprint FROM run.

import Foundation
import Scenarios
import Testing

@testable import Experiments

@Suite("Fingerprints of the shipped scenarios")
struct FingerprintTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Scenario files without those whose answer is an error.
  static let names: [String] = {
    let folder = root.appending(path: "scenarios").path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") && $0 != "does-not-fit.yaml" }
      .map { String($0.dropLast(5)) }.sorted()
  }()

  @Test("each runs the events that it ran before", arguments: names)
  func unchanged(name: String) throws {
    let expected = try String(
      contentsOf: Self.root.appending(path: "Tests/Fingerprints/\(name).txt"), encoding: .utf8)
    let path = Self.root.appending(path: "scenarios/\(name).yaml").path

    let record = try Trial(Scenario.load(path: path), programVersion: "test").run()

    #expect(record.fingerprint + "\n" == expected)
  }

  @Test("no file is left of a scenario that is gone")
  func noneLeft() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.root.appending(path: "Tests/Fingerprints").path)

    #expect(!Self.names.isEmpty)
    #expect(files.sorted() == Self.names.map { "\($0).txt" }.sorted())
  }
}
