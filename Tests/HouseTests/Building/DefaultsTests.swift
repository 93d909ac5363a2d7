// Gives commands one option at a time: defaults of the others must not cause a refusal.

import Foundation
import Testing

@Suite("Omitted options")
struct DefaultsTests {
  private func run(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess.run(ReadmeCommands.builtProgram.path, arguments)
  }

  @Test("a model without groups is placed without a message about its gate", arguments: [8, 256])
  func ungrouped(experts: Int) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let counts = folder.appending(path: "counts.csv")
    let row = (1...experts).map { "\($0)" }.joined(separator: ",") + "\n"
    try row.write(to: counts, atomically: true, encoding: .utf8)
    let machine = ["--groups", "1", "--nodes", "1", "--gpus", "8"]
    let place =
      ["experts", "place", counts.path, "--replicas", "\(experts)"] + machine

    let placed = try run(place)
    let refused = try run(place + ["--group-limit", "4"])

    #expect(placed.status == 0, "\(placed.errors)")
    #expect(refused.status == 65)
    #expect(refused.errors.hasPrefix("error: group-limit \"4\": a token visits the only group\n"))
  }

  @Test(
    "drift accepts any number of GPUs, any number of nodes, and any model",
    arguments: [
      ["--gpus", "20"], ["--gpus", "2"], ["--nodes", "3"], ["--model", "mixtral-8x7b"],
    ])
  func drift(options: [String]) throws {
    let result = try run(
      ["experts", "drift", "--layers", "1", "--hours", "1", "--every", "30"] + options)

    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("moe stats accepts GPUs alone, and refuses only options that were given")
  func stats() throws {
    let trace = ["moe", "stats", "traces/v3-router.db"]

    let gpus = try run(trace + ["--gpus", "4"])
    let nodes = try run(trace + ["--nodes", "3"])

    #expect(gpus.status == 0, "\(gpus.errors)")
    #expect(nodes.status == 64)
    #expect(nodes.errors.hasPrefix("error: --nodes \"3\" does not divide the 256 experts"))
  }

  @Test(
    "short runs record the routing of all their steps",
    arguments: [["trace", "--steps", "2"], ["validate", "--steps", "2"]])
  func tracedSteps(arguments: [String]) throws {
    // The number of cores is checked after the steps, and training does not start.
    let result = try run(["moe"] + arguments + ["--jobs", "0"])

    #expect(result.status == 64)
    #expect(result.errors.contains("--jobs \"0\""))
    #expect(!result.errors.contains("--traced-steps \""))
  }
}
