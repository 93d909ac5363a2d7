// Progress is shown on a terminal, after two seconds, without colours, and nowhere else.

import Foundation
import Testing

@Suite("Progress")
struct ProgressTests {
  /// Far more work than the seconds after which it is ended.
  private let work = "\(ReadmeCommands.builtProgram.path) moe train --steps 1000000 --jobs 1"

  private func shell(_ line: String) throws -> ChildProcess {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try ChildProcess.run("/bin/sh", ["-c", line], in: folder)
  }

  @Test("nothing is written to a pipe or a file")
  func pipe() throws {
    let run = try shell("timeout 4 \(work)")

    #expect(run.status == 124)
    #expect(run.errors.isEmpty)
  }

  @Test(
    "a terminal shows a bar with rate and time left, overwritten in place, without colours",
    .enabled(if: ChildProcess.find("script") != nil))
  func terminal() throws {
    let run = try shell("TERM=xterm script -qec 'timeout 6 \(work)' /dev/null")

    let lines = run.output.split(separator: "\r")
    let line = #/\[[#.]{24}\] \d+\/1000000 steps  [\d.]+\/s  ETA [\d:]+  loss .*/#
    #expect(lines.contains { $0.contains(line) }, "\(run.output.prefix(300))")
    #expect(run.output.contains("\r\u{1b}[K["))
    #expect(!run.output.contains(#/\u{1b}\[[0-9;]*m/#))
    #expect(!run.output.contains("\n["))
  }

  @Test(
    "work of less than two seconds shows none", .enabled(if: ChildProcess.find("script") != nil))
  func short() throws {
    let program = ReadmeCommands.builtProgram.path
    let scenario = House.root.path + "/scenarios/tiny-16gpu.yaml"

    let run = try shell("TERM=xterm script -qec '\(program) run \(scenario)' /dev/null")

    #expect(run.status == 0)
    #expect(run.output.contains("tiny-16gpu  |  "))
    #expect(!run.output.contains("ETA"))
  }
}
