// Kills a comparison with SIGKILL at random times, as a user or a scheduler would, and resumes it.

import Foundation
import Testing

@Suite("A killed comparison")
struct KilledComparisonTests {
  private let program = ReadmeCommands.builtProgram.path

  private func arguments(_ file: URL, jobs: Int, format: String = "json") -> [String] {
    [
      "compare", House.root.path + "/scenarios/tiny-16gpu.yaml", "--schedule",
      "1f1b,zb_h1,dualpipe",
      "--over", "training.microbatches=3,8,16,32", "--over", "training.parallel.tensor=1,2",
      "-o", file.path, "--jobs", "\(jobs)", "--format", format,
    ]
  }

  private func query(_ file: URL, _ sql: String) throws -> String {
    let answer = try ChildProcess.run(program, ["query", file.path, "--format", "csv", sql])
    #expect(answer.status == 0, "\(answer.errors)")
    return answer.output
  }

  /// All rows of a file except those of the wall clock, table by table.
  private func rows(_ file: URL) throws -> [String] {
    try query(
      file,
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'run_clock' ORDER BY name"
    ).split(separator: "\r\n").dropFirst().map { table in
      "\(table): " + (try query(file, "SELECT * FROM \(table)"))
    }
  }

  @Test("INV-9: has the rows of an uninterrupted comparison, with one worker and with two")
  func killed() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let whole = folder.appending(path: "whole.db")
    let seed = UInt64.random(in: 0..<1_000_000)
    var random = seed
    func moment() -> Double {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(random >> 40) / Double(1 << 24)
    }

    let start = Date.now
    let unbroken = try ChildProcess.run(program, arguments(whole, jobs: 1))
    let duration = Date.now.timeIntervalSince(start)
    #expect(unbroken.status == 0, "\(unbroken.errors)")
    let expected = try rows(whole)
    for jobs in [1, 2] {
      let file = folder.appending(path: "killed-\(jobs).db")
      var kills = 0
      for _ in 0..<40 where kills < 4 {
        let end = Date.now.addingTimeInterval(moment() * duration)
        if try ChildProcess.kill(program, arguments(file, jobs: jobs), when: { Date.now > end }) {
          kills += 1
        } else if kills == 0 {
          // It was complete before its time, which every later run would only find: once more.
          try? FileManager.default.removeItem(at: file)
        }
      }
      let resumed = try ChildProcess.run(program, arguments(file, jobs: jobs))

      #expect(kills > 0, "seed \(seed): every run ended before it was killed")
      #expect(resumed.status == 0, "seed \(seed): \(resumed.errors)")
      #expect(resumed.output == unbroken.output, "seed \(seed)")
      #expect(try rows(file) == expected, "seed \(seed)")
    }
  }

  @Test("a complete comparison is not run again, and its output is the same in every format")
  func again() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "r.db")

    let first = try ChildProcess.run(program, arguments(file, jobs: 2, format: "table"))
    let again = try ChildProcess.run(program, arguments(file, jobs: 2, format: "table"))

    #expect(first.status == 0 && again.output == first.output)
    #expect(again.errors.contains("24 of 24 trials are in"))
    #expect(try query(file, "SELECT count(*) FROM experiment") == "count(*)\r\n1\r\n")
  }
}
