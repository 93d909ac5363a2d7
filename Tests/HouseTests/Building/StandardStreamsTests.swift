// Starts the program as cron jobs and scripts do, with closed or full streams.

import Foundation
import Testing

@Suite("Unusable standard streams")
struct StandardStreamsTests {
  /// Runs the program with shell redirections.
  private func run(_ arguments: String, _ redirections: String) throws -> ChildProcess {
    try ChildProcess.run(
      "/bin/sh",
      ["-c", "\"$0\" \(arguments) \(redirections)", ReadmeCommands.builtProgram.path])
  }

  @Test(
    "a message that cannot be written does not change the exit status",
    arguments: ["full", "closed"])
  func refusals(stderr: String) throws {
    let redirection = stderr == "full" ? "2>/dev/full" : "2>&-"

    #expect(try run("validate nofile.yaml", redirection).status == 66)
    #expect(try run("validate scenarios/tiny-16gpu.yaml --set nodes=1", redirection).status == 65)
    #expect(try run("validate", redirection).status == 64)
  }

  @Test("a run is stored and printed without its messages", arguments: ["full", "closed"])
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

  @Test("a file never takes the descriptor of a closed stream")
  func closed() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let place =
      "experts place scenarios/expert-counts.csv --replicas 288 --groups 8 --nodes 4"
      + " --gpus 32"
    let picture = folder.appending(path: "loads.svg")

    let closed = try run("\(place) -o \(picture.path)", "<&- >&- 2>&-")

    #expect(closed.status == 74)
    let text = try String(contentsOf: picture, encoding: .utf8)
    #expect(text.hasPrefix("<svg"))
    #expect(text.hasSuffix("</svg>\n"))
  }
}
