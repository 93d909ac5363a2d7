// Compares what two builds of the program store: results must not depend on the build.

import Foundation
import Testing

@Suite("Two builds of the same sources")
struct TwoBuildsTests {
  /// A program from another folder and with other options, from the environment; nil in a usual
  /// test run, as a second build takes as long as the first.
  private static let other = ProcessInfo.processInfo.environment["OTHER_BUILD"].map {
    URL(filePath: $0, relativeTo: House.root)
  }

  private func output(_ program: URL, _ arguments: [String]) throws -> String {
    let result = try ChildProcess.run(program.path, arguments)
    try #require(result.status == 0, Comment(rawValue: result.errors))
    return result.output
  }

  /// Every row of every table that a program stores for a training step, an inference step and a
  /// comparison, except those of the wall clock.
  private func rows(of program: URL, in folder: URL) throws -> [String] {
    let file = folder.appending(path: "\(UUID().uuidString).db").path
    for arguments in [
      ["run", "scenarios/tiny-16gpu.yaml", "--timeline"],
      ["run", "scenarios/inference-prefill-ep32.yaml"],
      ["compare", "scenarios/tiny-16gpu.yaml", "--schedule", "1f1b,dualpipe"],
    ] { _ = try output(program, arguments + ["-o", file]) }
    func query(_ sql: String) throws -> [Substring] {
      try output(program, ["query", file, "--format", "csv", sql]).split(separator: "\r\n")
    }
    let tables = try query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'run_clock' ORDER BY name")
    return try tables.dropFirst().flatMap { table in
      try query("SELECT * FROM \(table)").map { "\(table): \($0)" }
    }
  }

  @Test("INV-9: store the same rows in every table", .enabled(if: other != nil))
  func sameRows() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let first = ReadmeCommands.builtProgram
    let second = try #require(Self.other)
    let version = try output(second, ["--version"])

    let script = House.root.appending(path: "Plugins/version.sh")
    #expect(try output(script, [House.root.path]) == version)
    try #require(
      try output(first, ["--version"]) == version, "the sources have changed since: build again")
    let rows = try rows(of: first, in: folder)
    #expect(rows.contains { $0.hasPrefix("run: ") && $0.contains(version.trimmed) })
    #expect(rows.count > 1_000)
    #expect(try self.rows(of: second, in: folder) == rows)
  }
}
