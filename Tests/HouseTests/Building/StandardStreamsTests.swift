// Starts the program as cron jobs and scripts do, with streams that are closed or full.

import Foundation
import Testing

@Suite("Streams that cannot be used")
struct StandardStreamsTests {
  /// Runs the program with redirections as a shell takes them.
  private func run(_ arguments: String, _ redirections: String) throws -> ChildProcess {
    try ChildProcess.run(
      "/bin/sh",
      ["-c", "\"$0\" \(arguments) \(redirections)", ReadmeCommands.builtProgram.path])
  }

  @Test("a message that cannot be written changes no exit status", arguments: ["full", "closed"])
  func refusals(stderr: String) throws {
    let redirection = stderr == "full" ? "2>/dev/full" : "2>&-"

    #expect(try run("validate nofile.yaml", redirection).status == 66)
    #expect(try run("validate scenarios/tiny-16gpu.yaml --set nodes=1", redirection).status == 65)
    #expect(try run("validate", redirection).status == 64)
  }

  @Test("a run is stored and printed without its remarks", arguments: ["full", "closed"])
  func remarks(stderr: String) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "results.db").path
    let redirection = stderr == "full" ? "2>/dev/full" : "2>&-"

    let result = try run("run scenarios/tiny-16gpu.yaml -o \(file)", redirection)
    let stored = try run("query \(file) 'SELECT count(*) AS runs FROM run' --format csv", "")

    #expect(result.status == 0)
    #expect(result.output.contains("step time"))
    #expect(stored.status == 0, "\(stored.errors)")
    #expect(stored.output == "runs\r\n1\r\n")
  }

  @Test("a file never becomes one of the closed streams")
  func closed() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let place =
      "experts place --counts scenarios/expert-counts.csv --replicas 288 --groups 8 --nodes 4"
      + " --gpus 32"
    let picture = folder.appending(path: "loads.svg")

    let closed = try run("\(place) --svg \(picture.path)", "<&- >&- 2>&-")

    #expect(closed.status == 74)
    let text = try String(contentsOf: picture, encoding: .utf8)
    #expect(text.hasPrefix("<svg"))
    #expect(text.hasSuffix("</svg>\n"))
  }
}
