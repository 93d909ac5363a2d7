// Fingerprints of all events that a shipped scenario executes: any change of results shows up here,
// and its commit says why. The files hold this program's own output, so they only prove sameness.
// After an intended change: dsv3sim run SCENARIO, then SELECT fingerprint FROM run.

import Foundation
import Testing

@Suite("Fingerprints of the shipped scenarios")
struct FingerprintTests {
  static let folder = root.path
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Scenarios that run; `does-not-fit` ends in an error.
  static let names: [String] = {
    let folder = root.appending(path: "scenarios").path
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".yaml") && $0 != "does-not-fit.yaml" }
      .map { String($0.dropLast(5)) }.sorted()
  }()

  /// Those that RecomputedMetricsTests run: under a sanitizer every sixth, and not the longest,
  /// which takes more than all the others.
  static let chosen: [String] = {
    guard ProcessInfo.processInfo.environment["DSV3SIM_SANITIZED"] != nil else { return names }
    let shorter = names.filter { $0 != "deepseek-v3-run" }
    return stride(from: 0, to: shorter.count, by: 6).map { shorter[$0] }
  }()

  /// The recorded fingerprint of a scenario, which RecomputedMetricsTests compare with a run.
  static func recorded(_ name: String) throws -> String {
    let file = root.appending(path: "Tests/Fingerprints/\(name).txt")
    return try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)
  }

  @Test("every fingerprint file belongs to a scenario, and every scenario has one")
  func noneLeft() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: Self.root.appending(path: "Tests/Fingerprints").path)

    #expect(!Self.names.isEmpty)
    #expect(files.sorted() == Self.names.map { "\($0).txt" }.sorted())
  }
}
